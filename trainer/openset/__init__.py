"""Open-set retrieval: embeddings for classes that nobody has shown the network, learned from their relatives."""
