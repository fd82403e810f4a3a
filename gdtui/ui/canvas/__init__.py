"""The terminal's canvas for what a view draws."""
