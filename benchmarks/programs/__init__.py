"""Small programs that are measured: each draws on a terminal of its own and ends when its line is closed."""
