"""What is to be done, by whom, and how well it was done."""
