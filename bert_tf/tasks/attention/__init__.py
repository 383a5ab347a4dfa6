"""Attention of one text, shown in a page of HTML."""
