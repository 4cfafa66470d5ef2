"""One module per command word; each is imported when its word is used."""
