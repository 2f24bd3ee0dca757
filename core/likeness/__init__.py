"""Do two photos show the very same picture? Compares pixels; knows no files, no database and no model."""
