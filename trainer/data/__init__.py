"""Labelled photos for training: where they come from, how they are split, checked, cached and augmented."""
