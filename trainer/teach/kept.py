"""Lessons that newer ones have replaced: who labels for an evening makes dozens of them, and would never look at one.

The newest few stay, and any that is in use, on its way in, or where rolling back leads, and any that has a name of its
own. Only what `teach_library` made is deleted: not the runs of `recollect train`, and nothing fine-tuned.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from core.errors import RecollectError
from core.models.json_cache import read_object
from core.tags.values import Split, TagSource
from trainer.data.examples import Dataset
from trainer.data.sources import LIBRARY
from trainer.events import Event, Warned
from trainer.runs.run_folder import RunFolder, RunState, list_runs
from trainer.runs.run_history import delete_run

if TYPE_CHECKING:
    from core.library import Library
    from core.tags.values import TaggerInfo

KEPT = 5
UNNAMED = "teach"  # what a run and its tagger are called where nobody has said otherwise


def forget_replaced(library: Library, tell: Callable[[Event], None] = lambda event: None, *, kept: int = KEPT) -> None:
    """Delete what was replaced: taggers of the library with what they said, and runs. What fails is told, and tried
    again the next time.
    """
    try:
        wanted = _wanted(library)
        lessons = [folder for folder in list_runs(library.paths.runs) if _is_lesson(folder)]
        for info in _replaced(library, {folder.path.name for folder in lessons}, kept, wanted):
            library.tags.delete(info.id)
        runs = {info.run for info in wanted if info.run is not None}
        for folder in lessons[kept:]:
            if folder.path.name not in runs:
                delete_run(folder)
    except RecollectError as error:
        tell(Warned(f"Older lessons could not be deleted: {error.message}", error.remedy))


def _wanted(library: Library) -> list[TaggerInfo]:
    """In use, on its way in, or where rolling back leads."""
    live = [info for info in library.tags.taggers() if info.live]
    others = [library.tags.on_its_way(), library.tags.back_to()]
    return live + [info for info in others if info is not None]


def _replaced(library: Library, lessons: set[str], kept: int, wanted: list[TaggerInfo]) -> list[TaggerInfo]:
    needed = {info.id for info in wanted}
    taught = [
        info
        for info in library.tags.taggers()  # newest first
        if info.source is TagSource.MODEL and info.name == UNNAMED and info.run in lessons
    ]
    return [info for info in taught[kept:] if info.id not in needed]


def _is_lesson(folder: RunFolder) -> bool:
    """An unnamed run of `teach_library`, over: of the library, and without a validation part, which any other has."""
    status = folder.status
    if status is None or status.name != UNNAMED or status.state is RunState.RUNNING:
        return False
    if read_object(folder.config).get("tier") != "teach":
        return False
    try:
        dataset = Dataset.read(folder.data)
    except RecollectError:
        return False
    return dataset.name == LIBRARY and not dataset.of(Split.VALIDATION)
