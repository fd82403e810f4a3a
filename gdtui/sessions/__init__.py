"""What outlives the program: the runs of a sitting, kept and gone on with."""
