"""The abstract of a stay, from the feed's first words to the transmitted file and back."""
