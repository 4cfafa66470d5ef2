"""Patients: find one, register, amend, number, merge."""
