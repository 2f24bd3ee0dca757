"""Metric learning: photos of one class are brought near to each other, those of others apart."""
