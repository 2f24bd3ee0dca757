"""What belongs to the model that comes with Recollect."""
