"""Taggers in formats of other programs, checked against the original."""
