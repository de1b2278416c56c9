"""One window: its docks, layouts, toolbar, keys, and the session that they show."""
