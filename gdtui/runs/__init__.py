"""Several runs: the history of a session, races and sweeps."""
