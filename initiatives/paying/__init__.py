"""What leaves and what came of it: the payment file, the accounting system's lists of payments made, and what does not agree."""
