"""A run as lines, CSV, JSON Lines, script, command or figure."""
