"""Requests for records, what was disclosed, and the law in force on a day."""
