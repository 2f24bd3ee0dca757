"""What trainings leave behind: their folders, their ends, and the commands for them."""
