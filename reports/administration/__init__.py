"""Site files, data dictionaries and the audit trail."""
