"""Small parts that every dock is built of: colours and type, headers, legends, dialogs, messages, figures."""
