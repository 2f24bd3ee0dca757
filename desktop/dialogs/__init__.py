"""Windows beside the main one: folders, problems, models, settings."""
