"""Settings, menu, key map, data dictionaries and code tables, all as data, and their loaders."""

from pathlib import Path

SHIPPED = Path(__file__).parent  # what comes with the program; read as plain files, which loads nothing else
