"""A frame's figures by fiscal year: what the Finance Act says, and what was used."""
