"""A grant is closed out."""
