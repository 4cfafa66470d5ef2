"""The patients: registration, selection, duplicates, merges, overlays and filing orders."""
