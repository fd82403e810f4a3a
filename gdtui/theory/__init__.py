"""What can be said of a descent before and after it is run."""
