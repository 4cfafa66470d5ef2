"""Reports that technicians write."""
