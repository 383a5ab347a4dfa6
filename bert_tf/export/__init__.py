"""SavedModels: text in, answers out, without Python."""
