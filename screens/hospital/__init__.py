"""Accounts, who is in house, and the sheets of a chart."""
