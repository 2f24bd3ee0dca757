"""Data only: model cards and hashes, the starter model, icons, style sheets, sample pictures."""
