"""Putting photos in order: the sidebar, albums, actions on a selection, export, trash and undo."""
