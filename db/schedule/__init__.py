"""The schedule: jobs, their runs, and what of them is in trouble."""
