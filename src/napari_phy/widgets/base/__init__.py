"""Small widgets and helpers without a session: theme, header, legend, messages, dialogs, workers."""
