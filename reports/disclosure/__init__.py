"""Disclosures of patient information."""
