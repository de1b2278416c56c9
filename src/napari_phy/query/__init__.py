"""The language of filters of the list of clusters."""
