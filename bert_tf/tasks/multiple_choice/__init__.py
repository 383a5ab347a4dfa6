"""Multiple choice: which of several second texts goes with a text."""
