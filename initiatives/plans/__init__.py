"""An instalment plan: the payments of an earmark as they are planned, version by version."""
