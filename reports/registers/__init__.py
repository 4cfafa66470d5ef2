"""Registers that are kept by law: births, deaths, fetal deaths, autopsies, operations."""
