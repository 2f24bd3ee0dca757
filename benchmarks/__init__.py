"""Repeatable measurements, each against what it should beat in the same run. Never part of the tests."""
