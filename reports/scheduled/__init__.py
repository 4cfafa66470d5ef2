"""What the schedule does: the kinds of jobs, what they may be asked, where their pages go, and the run itself."""
