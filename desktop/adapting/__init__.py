"""Adapting search to the library: the panel that starts it, what came of it, the comparison, use and way back."""
