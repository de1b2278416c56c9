"""A table of features on disk that is read by columns, by rows and by an evenly spaced sample of the rows."""
