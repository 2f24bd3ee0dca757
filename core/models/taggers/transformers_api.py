"""The one door to transformers: opens it in the right order, keeps it quiet and off the network, gives it a type.

All other modules import from here, never from `transformers` itself.
"""

from __future__ import annotations

from typing import Any

from core.models.torchvision_operators import define_missing_operators

define_missing_operators()

import transformers as _transformers  # noqa: E402

transformers: Any = _transformers
"""The package itself: it has annotations, but too few to check against."""

AutoConfig: Any = transformers.AutoConfig
AutoModel: Any = transformers.AutoModel

# What transformers says about itself is for developers: bars on the terminal, a table for each file that it reads.
transformers.logging.set_verbosity_error()
transformers.logging.disable_progress_bar()

__all__ = ["AutoConfig", "AutoModel", "transformers"]
