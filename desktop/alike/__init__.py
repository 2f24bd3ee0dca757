"""What is alike, learned from the user's labels: the panel that starts it, what came of it, use and way back."""
