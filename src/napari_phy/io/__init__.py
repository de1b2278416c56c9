"""The only folder that touches files."""
