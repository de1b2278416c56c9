"""What is measured, one module a subject: `ROWS`, `SIZE`, `HAS_PEER` and `measure(side, size, watch)`."""
