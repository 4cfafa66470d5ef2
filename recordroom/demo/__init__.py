"""The demo hospital: synthetic from end to end, the same for the same seed, and shaped like a real one."""
