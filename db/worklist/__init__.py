"""What waits for somebody: the work queue and the second reviews."""
