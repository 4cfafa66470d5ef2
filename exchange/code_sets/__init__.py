"""The code store: what it is built from, the official files that are imported, and what changed between releases."""
