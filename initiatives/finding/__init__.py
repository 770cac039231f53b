"""One search over everything that the ministry knows."""
