"""Code sets and code tables, shipped and of the site."""
