"""Indices and lists: the stays, codes and charts behind the figures."""
