"""Other implementations of BERT, to be compared with."""
