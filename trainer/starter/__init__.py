"""The starter: the small CLIP that Recollect ships, trained from the recipe `starter`.

Three phases. A joint space is learned on what a MobileNetV2 for ImageNet sees and what a sentence encoder reads: both
know far more than our photos could teach. Then an image tower learns to see what the first one sees, and where it
lies in that space; then a text tower learns what the second one reads. Neither teacher is shipped.
"""
