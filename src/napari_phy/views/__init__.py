"""What each view shows, computed without drawing."""
