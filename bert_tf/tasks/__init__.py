"""Tasks: one folder a task."""
