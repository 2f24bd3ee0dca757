"""Tier 1: linear heads on vectors that are there already, in seconds."""
