"""`recollect tune`: the values of a recipe are searched for by training with them again and again."""
