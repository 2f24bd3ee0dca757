"""Tags and labels in the window: how they look, how the user gives them, and how that is taken back."""
