"""Figures of a period: the monthly summary, unbilled discharges, productivity, counts."""
