"""Lets torchvision import beside a torch that its C++ operators were not built for.

The torchvision wheels of the package index carry operators for CUDA builds of torch. Beside a CPU-only torch they do
not load, and `import torchvision` fails with "operator torchvision::nms does not exist": it registers meta kernels for
operators that nobody has defined. Recollect uses only the transforms, so that the bare schemas are enough.
Nothing else belongs here.
"""

from __future__ import annotations

import importlib.util
import threading
from pathlib import Path

_SIGNATURE = "(Tensor dets, Tensor scores, float iou_threshold) -> Tensor"
_OPERATORS = ("nms", "qnms")
_lock = threading.Lock()


def define_missing_operators() -> None:
    """Make torchvision, open_clip and timm importable. Call it before the first import of any of them.

    Does nothing where torchvision's own operators load. Safe to call again, and from any thread.
    """
    import torch

    with _lock:
        if hasattr(torch.ops.torchvision, _OPERATORS[0]) or _own_operators_load():
            return
        for operator in _OPERATORS:
            torch.library.define(f"torchvision::{operator}", _SIGNATURE)


def _own_operators_load() -> bool:
    """Load them as torchvision itself will: defining the schemas first would then break its import."""
    import torch

    spec = importlib.util.find_spec("torchvision")
    folders = spec.submodule_search_locations if spec is not None else None
    for library in (path for folder in folders or () for path in Path(folder).glob("_C.*")):
        try:
            torch.ops.load_library(str(library))  # pyright: ignore[reportUnknownMemberType]
        except (OSError, ImportError):
            continue
        return True
    return False
