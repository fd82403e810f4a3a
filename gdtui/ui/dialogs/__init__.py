"""What opens over the workbench, or before it."""
