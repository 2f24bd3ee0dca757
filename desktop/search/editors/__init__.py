"""The small windows in which one part of a query is changed: one editor for each kind of part, and what they share."""
