"""Template subtraction: clusters become clean templates, which explain the traces spike by spike."""
