"""The command line: words to a problem and settings, and these to a screen or a report."""
