"""`recollect train --folds N`: a recipe is trained N times, and each photo is held out once."""
