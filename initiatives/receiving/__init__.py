"""Who receives, and where to: grantees, their payment details, and who must keep away from paying them (migrations/0007_receiving.sql holds the rules)."""
