"""Taggers: networks that give a photo its class and attributes, the files they lie in, and how they are run."""
