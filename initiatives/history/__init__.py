"""Who did what, when, from where: what can be changed keeps its history, and what leaves no row of its own is noted."""
