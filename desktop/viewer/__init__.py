"""One photo, or a few side by side: zoom, pan, what is known of it, why it matched."""
