"""Many payments from one sheet."""
