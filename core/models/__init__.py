"""Encoders: which there are, how they come in, how they are loaded and run. The only place that knows torch.

Importing this package loads no torch, but it says how torch's threads are to wait, which counts only before it loads.
"""

from __future__ import annotations

import os

# Threads of the model that have nothing to do should sleep, not spin. Spinning, they take the cores from the decoders
# and from each other: with one other busy program on two cores the starter ran 8 images/s instead of 420.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
