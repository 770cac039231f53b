"""The pages of grantees and auditors. They ask and show; nothing here writes."""
