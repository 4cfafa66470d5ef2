"""Cases of any data set that a dictionary declares."""
