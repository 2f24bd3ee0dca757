"""What every test stands on: a home of its own, real photos, no network, and nothing left behind.

Here live the fixtures that several folders of tests share, and the checks that fail a test which leaves a thread
running or logs an error that nobody expected. What one folder alone needs lives in a conftest of its own.
"""

from __future__ import annotations

import os

# Before anything imports Qt or the Hugging Face libraries: no screen, no hub.
os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
os.environ["HF_HUB_OFFLINE"] = "1"
if "PYTEST_XDIST_WORKER" in os.environ:  # beside others: their threads would wait for each other's cores
    os.environ.setdefault("OMP_NUM_THREADS", "1")

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from core.paths import HOME_VARIABLE
from core.settings import Settings
from tests.error_logs import ErrorLogs
from tests.leaked_threads import note_where_threads_start, threads_left
from tests.photo_maker import PhotoMaker

if TYPE_CHECKING:
    from core.models.clip import ClipEncoder

REPOSITORY = Path(__file__).resolve().parent.parent
SHARED_DATA_VARIABLE = "RECOLLECT_SHARED_DATA"


def pytest_configure() -> None:
    note_where_threads_start()


@pytest.fixture(autouse=True)
def no_thread_left() -> Iterator[None]:
    """Fail a test that ends while a thread of its own still runs; the message says which line started it."""
    with threads_left() as left:
        yield
    if left:
        pytest.fail("The test left threads running:\n" + "\n".join(left), pytrace=False)


@pytest.fixture(autouse=True)
def error_logs() -> Iterator[ErrorLogs]:
    """Fail a test in which Recollect logs an error, unless `error_logs.expect(pattern)` announced it."""
    logs = ErrorLogs()
    with logs.listening():
        yield logs
    if complaint := logs.complaint():
        pytest.fail(complaint, pytrace=False)


@pytest.fixture(autouse=True)
def library_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The home of this test's library; not there yet. Its name has a space, as people's folders have.

    Every test has one, asked for or not: no test ever reaches the library of the person who runs it.
    """
    home = tmp_path / "library home"
    monkeypatch.setenv(HOME_VARIABLE, str(home))
    return home


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """Real photos that are not part of the repository; the test is skipped where they are absent."""
    folder = Path(os.environ.get(SHARED_DATA_VARIABLE, REPOSITORY.parent / "shared" / "data"))
    if not folder.is_dir():
        pytest.skip(f"needs the photos of {folder} (or of the folder that {SHARED_DATA_VARIABLE} names)")
    return folder


@pytest.fixture
def make_photo(tmp_path: Path) -> PhotoMaker:
    """Writes small real photos: `make_photo("beach/red.jpg", "red circle")`, below `tmp_path / "photos"`."""
    return PhotoMaker(tmp_path / "photos")


@pytest.fixture
def photo_folder(make_photo: PhotoMaker) -> Path:
    """Six photos in two folders, each of another colour and shape."""
    return make_photo.six()


@pytest.fixture(scope="session")
def starter(tmp_path_factory: pytest.TempPathFactory) -> ClipEncoder:
    """The bundled encoder, loaded once for all tests."""
    from core.models.registry import ModelStore

    home = tmp_path_factory.mktemp("models")
    return ModelStore(home, Settings(), calibration=home / "calibration.json").load("starter")


@pytest.fixture
def wait_until() -> Callable[..., None]:
    """Waits for a condition instead of sleeping for luck: `wait_until(lambda: library.photo_count() == 6)`."""
    from tests.waiting import wait_until

    return wait_until
