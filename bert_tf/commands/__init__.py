"""The commands: flags and main, one file a command."""
