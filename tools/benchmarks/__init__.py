"""What the project is held against: a module for each kind of work."""
