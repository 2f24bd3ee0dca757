"""What was trained and what came of it: the history of runs, the report of one, two of them side by side."""
