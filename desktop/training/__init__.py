"""The page on which taggers are taught and trained: labels and their checks, recipes, the run, the verdict."""
