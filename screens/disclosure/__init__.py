"""Requests for information, and what was released."""
