"""The facility's own tables, messages that wait, the privacy officer's lists."""
