"""What the window has done about an adaptation on a worker: what came of it, taking it into use, going back."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from core.tags.values import TagSource
from trainer.contrastive.guard import Curve, read_curve
from trainer.runs.run_folder import RunFolder
from trainer.runs.run_history import tier_of

if TYPE_CHECKING:
    from core.library import Library

TIER = "contrastive"


@dataclass(frozen=True, slots=True)
class Adapted:
    """What came of an adaptation, and what has become of it."""

    run: Path
    curve: Curve
    title: str  # of the model that was adapted
    name: str | None  # as which it was taken in; None: it was not yet
    chosen: bool  # it answers, or will once it knows the photos
    answers: bool
    tagger: str  # that tags the photos and cannot while this model answers; empty where there is none

    @property
    def gained(self) -> bool:
        """There is something to use."""
        return self.curve.alpha > 0


@dataclass(frozen=True, slots=True)
class InUse:
    """A model that was chosen, and the one before it."""

    name: str
    title: str
    before: str  # name
    before_title: str
    answers: bool  # else as soon as it knows the photos


def is_adaptation(run: Path) -> bool:
    return tier_of(RunFolder(run)) == TIER


def read_adapted(library: Library, run: Path) -> Adapted:
    """
    Raises:
        TrainingError: the run did not come so far, or what it found is damaged.
    """
    curve = read_curve(run)
    titles = titles_of(library)  # after this, the settings are those of now
    name = _name_of(library, run)
    return Adapted(
        run,
        curve,
        titles.get(curve.encoder, curve.encoder),
        name,
        chosen=name is not None and library.settings.encoder == name,
        answers=name is not None and library.encoder_name == name,
        tagger=_tagger_of(library, curve.encoder_key),
    )


def use_for_search(library: Library, run: Path) -> InUse:
    """Take the encoder of a run in, where that has not been done, and choose it.

    Raises:
        TrainingError: nothing was gained, or what was learned is gone.
        ModelError: it cannot be used.
        MachineError: the disk does not take it.
    """
    from trainer.contrastive.promotion import take_in

    titles_of(library)
    before = library.settings.encoder
    name = _name_of(library, run) or take_in(run, library.paths.home)
    return choose(library, name, read_curve(run).encoder if before == name else before)


def choose(library: Library, name: str, before: str = "") -> InUse:
    """Let a model answer as soon as it knows the photos.

    Args:
        before: The one that "go back" then leads to; by default the one that is chosen now.

    Raises:
        ModelError: it is not there any more.
    """
    before = before or library.settings.encoder
    library.models.use(name)
    titles = titles_of(library)
    return InUse(name, titles.get(name, name), before, titles.get(before, before), library.encoder_name == name)


def titles_of(library: Library) -> dict[str, str]:
    """Of all models, by name. Sees those that another process has taken in."""
    return {info.name: info.title for info in library.models.all()}


def _name_of(library: Library, run: Path) -> str | None:
    """As which a run's encoder was taken in: of several the one that answers, or will."""
    from trainer.contrastive.promotion import taken_in_as

    names = taken_in_as(run, library.paths.home)
    return next((name for name in names if name == library.settings.encoder), names[0] if names else None)


def _tagger_of(library: Library, encoder_key: str) -> str:
    """The trained tagger in use, where it reads the vectors of this very model."""
    live = [each for each in library.tags.taggers() if each.live and each.source is TagSource.MODEL]
    return next((each.name for each in live if each.encoder_key == encoder_key), "")
