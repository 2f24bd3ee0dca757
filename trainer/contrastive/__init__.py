"""An encoder of the library learns a user's classes: its image tower, by a contrastive loss, guarded so that search by
words still works."""
