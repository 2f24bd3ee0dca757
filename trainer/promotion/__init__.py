"""Whether a new tagger is better than the one in use, on the same photos; and putting it to use."""
