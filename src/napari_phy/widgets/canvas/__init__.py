"""vispy visuals shared by the views."""
