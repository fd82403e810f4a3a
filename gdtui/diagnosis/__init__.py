"""What another program did, told from the losses that it printed."""
