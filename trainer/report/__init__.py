"""How good a run is: its outputs on held-out photos, the numbers drawn from them, and the pages that show them."""
