"""What one can do to a session: the table of actions, when each can be done, commands, and the words that are said."""
