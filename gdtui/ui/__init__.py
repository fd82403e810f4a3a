"""The screen: a pure function of the runs and where one looks."""
