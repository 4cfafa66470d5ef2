"""Reports: rows in, fixed-width pages out, from one catalogue."""
