"""Descent without a screen: data, loss surface, methods and runs, for the REPL and the app."""
