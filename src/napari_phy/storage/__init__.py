"""Edits and what else is kept of a data set: journal, saving, layouts, columns of spikes."""
