"""What reviews by a second person found."""
