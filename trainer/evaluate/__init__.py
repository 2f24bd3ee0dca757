"""How good an encoder and the search on top of it are, measured on labelled photos."""
