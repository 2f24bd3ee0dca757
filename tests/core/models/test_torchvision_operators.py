"""torchvision imports, whichever build of torch it meets."""

from __future__ import annotations

import subprocess
import sys


def test_torchvision_imports_after_the_operators_were_defined_even_twice() -> None:
    program = (
        "from core.models.torchvision_operators import define_missing_operators;"
        "define_missing_operators(); define_missing_operators();"
        "import torchvision.transforms, open_clip; define_missing_operators()"
    )
    subprocess.run([sys.executable, "-c", program], check=True)
