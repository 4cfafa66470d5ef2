"""Who may work here: users, sign-on, sessions, and charts that ask for a reason."""
