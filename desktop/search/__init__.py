"""Where the user says what to find: the line, its chips, its completion, and the way from a query to its answer."""
