"""From the words of a text term to the vector that is searched for.

CLIP has learnt from captions, not from keywords: a word in a few everyday sentences is nearer to its photos than the
bare word. What that gains is measured in docs/quality.md. Which sentences an encoder likes stands with the encoder.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from core.protocols import Encoder
    from core.types import Vectors

BARE = ("{}",)


def embed_texts(encoder: Encoder, texts: Sequence[str], templates: Sequence[str] = BARE) -> Vectors:
    """(N, D) unit length: for each text the mean of its vectors in all `templates`, brought back to unit length.

    Each template has one {} for the text; no templates at all mean the bare text.
    """
    templates = templates or BARE
    if not texts:
        return np.empty((0, encoder.dim), dtype=np.float32)
    # str.replace, not str.format: what a user types may hold braces.
    sentences = [template.replace("{}", text) for text in texts for template in templates]
    vectors = encoder.encode_texts(sentences).reshape(len(texts), len(templates), -1).mean(axis=1)
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
