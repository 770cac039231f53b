"""The API, version 1: HTTP around the same verbs and questions as the pages. No rule lives here."""
