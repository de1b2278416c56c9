"""What plots share: canvases, axes, and one mouse, lasso and set of marks."""
