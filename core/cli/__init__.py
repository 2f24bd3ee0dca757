"""The command line: one module for each family of commands. Talks to `core.library` as the window does."""
