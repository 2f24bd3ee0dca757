"""A hub to download from, and small models to download."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

from core.models import download
from tests.core.models.hub import Hub

if TYPE_CHECKING:
    from tests.core.models.tiny_models import TinyModel


@pytest.fixture(autouse=True)
def short_measurements(monkeypatch: pytest.MonkeyPatch) -> None:
    """Calibration that looks once at each candidate: here it has to be right, not exact."""
    from core.models import calibration

    monkeypatch.setattr(calibration, "is_busy", lambda: False)
    monkeypatch.setattr(calibration, "_MEASURE_S", 0.02)
    monkeypatch.setattr(calibration, "_BATCHES_S", 0.2)


@pytest.fixture
def hub(monkeypatch: pytest.MonkeyPatch) -> Iterator[Hub]:
    """A hub that answers at once, and a download that tries again at once."""
    monkeypatch.setattr(download, "RETRY_PAUSES_S", (0.01,) * 5)
    running = Hub()
    yield running
    running.close()


@pytest.fixture(scope="session")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> TinyModel:
    """16 dimensions, open_clip's own vocabulary; 3 MB."""
    from tests.core.models.tiny_models import make_tiny_model, vit_config

    return make_tiny_model(tmp_path_factory.mktemp("tiny"), "tiny", vit_config(dim=16))


@pytest.fixture(scope="session")
def other(tmp_path_factory: pytest.TempPathFactory) -> TinyModel:
    """24 dimensions and other shapes than `tiny`."""
    from tests.core.models.tiny_models import make_tiny_model, vit_config

    return make_tiny_model(tmp_path_factory.mktemp("other"), "other", vit_config(dim=24, image_px=40))
