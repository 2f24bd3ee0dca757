"""Tier 2: a network is fine-tuned: from what it begins with, through the loop, to its best epoch."""
