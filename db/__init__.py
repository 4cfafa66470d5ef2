"""The record store: every read and write, permitted, audited and in one transaction."""
