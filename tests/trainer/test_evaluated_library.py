"""`recollect --home DIR evaluate ... --on library`: the labels of that library, and of no other."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner

from core.cli.main import recollect
from core.errors import RecollectError
from tests.photo_maker import PhotoMaker
from tests.trainer.tiny_library import indexed_library, label_by_name, make_coloured_photos

if TYPE_CHECKING:
    from core.models.clip import ClipEncoder

MEASURES = ("open-set", "zero-shot", "retrieval")


@pytest.fixture
def named_home(tmp_path: Path, make_photo: PhotoMaker, starter: ClipEncoder) -> Path:
    """Of a labelled library that is not the default one."""
    make_coloured_photos(make_photo, of_each=6)
    home = tmp_path / "another home"
    with indexed_library(home, make_photo.folder, starter) as library:
        label_by_name(library)
    return home


def test_each_measure_asks_the_library_that_was_named(named_home: Path) -> None:
    for name in MEASURES:
        asked = ["evaluate", name, "--on", "library"]
        here = CliRunner().invoke(recollect, ["--home", str(named_home), *asked])
        assert here.exit_code == 0, (name, here.output, here.exception)
        assert "starter:" in here.output
        elsewhere = CliRunner().invoke(recollect, asked)
        assert isinstance(elsewhere.exception, RecollectError), (name, elsewhere.output)
        assert "label" in str(elsewhere.exception)
