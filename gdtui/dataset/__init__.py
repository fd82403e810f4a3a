"""Reading a dataset: text in columns, by line and column."""
