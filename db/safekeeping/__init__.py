"""Backup, restore and verification of the whole store."""
