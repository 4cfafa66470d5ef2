"""Reports that technicians write: their definitions in all versions, and the records that they ask for."""
