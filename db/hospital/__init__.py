"""The facility and its stays: units, encounters, movements and what follows from them."""
