"""Settings, menu, key map, data dictionaries and code tables, all as data, and their loaders."""
