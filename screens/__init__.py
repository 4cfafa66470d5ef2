"""One module per screen: what is asked, in which order, and what filing does."""
