"""The starter: the small CLIP that Recollect ships, trained from the recipe `starter`.

Three stages. A joint space is learned on what a MobileNetV2 for ImageNet sees and what a sentence encoder reads: both
know far more than our photos could teach. A text tower learns what the second one reads, then an image tower learns
to see what the first one sees, and what of it the text tower says. Neither teacher is shipped.
"""
