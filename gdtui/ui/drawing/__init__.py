"""What a view draws, and the terminal's canvas for it."""
