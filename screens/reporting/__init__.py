"""Reports chosen, written, read and scheduled; months closed."""
