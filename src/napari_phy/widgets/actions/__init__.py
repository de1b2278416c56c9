"""The one table of actions, when each can be done, its keys, and the words that are said."""
