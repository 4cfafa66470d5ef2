"""The codes of an account, the code book, and the DRG with everything otherwise."""
