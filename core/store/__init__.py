"""What the library knows, on disk: SQLite is the truth, the HNSW graph a cache that can always be rebuilt."""
