"""The keys of the store: slots, derivations, rotation, and what is in force."""
