"""Queries to physicians: raised, sent, chased, answered, and what came of them."""
