"""Queries to physicians."""
