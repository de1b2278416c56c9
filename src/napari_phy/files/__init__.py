"""Files that are replaced whole, locked and found, whatever they hold."""
