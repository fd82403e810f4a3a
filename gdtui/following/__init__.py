"""Following another program: the losses in the lines that it prints, as they come.

Its lines are data: one of any length, and any number of them, does no harm.
"""
