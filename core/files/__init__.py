"""Photos as files: finding, watching, reading, decoding them, and thumbnails. Knows no database and no model."""
