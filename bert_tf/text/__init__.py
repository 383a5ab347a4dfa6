"""Text: characters, tokens, ids. No TensorFlow here."""
