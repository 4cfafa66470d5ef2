"""The discharge abstract in its faces, its life cycle, and the records of other settings."""
