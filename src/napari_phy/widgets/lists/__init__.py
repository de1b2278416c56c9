"""The lists of clusters and of similar clusters: rows, columns, filter line, dragging onto groups."""
