"""Tags as the window and the command line know them: what photos show, what there is to browse by, and who says so."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date
from typing import TYPE_CHECKING

from core.errors import QueryError
from core.events import TaggerChanged
from core.query.filters import compile_filters, wants_hidden
from core.query.parser import parse
from core.store.predictions import PredictionStore
from core.store.remembered import Remembered
from core.store.taggers import TaggerStore
from core.store.tags import TagStore
from core.tags.choice import TaggerChoice

if TYPE_CHECKING:
    from pathlib import Path

    from core.events import EventBus
    from core.store.database import Database
    from core.tags.taggers import Load
    from core.tags.values import Facet, Tag, TaggerId, TaggerInfo
    from core.tags.vocabulary import Vocabulary, Words
    from core.types import PhotoId

WORDS_KEY = "words_sequence"  # remembered: how often the vocabulary was changed


class Tags:
    """Safe to use from any thread. Every method may wait for the disk; `promote` and `combine` take seconds."""

    def __init__(
        self,
        database: Database,
        words: Words,
        bus: EventBus,
        *,
        directory: Path,
        load: Load,
        encoder_keys: Callable[[], Sequence[str]],
        wake: Callable[[], None],
    ) -> None:
        """See `TaggerChoice` for the arguments."""
        self._store = TagStore(database)
        self._taggers = TaggerStore(database)
        self._remembered = Remembered(database)
        self._words = words
        self._bus = bus
        self._wake = wake
        self._choice = TaggerChoice(
            self._taggers, PredictionStore(database), directory, bus, load=load, encoder_keys=encoder_keys, wake=wake
        )
        self._seen = self._taggers.state()

    # What photos show

    def of(self, ids: Iterable[PhotoId]) -> dict[PhotoId, dict[str, Tag]]:
        """The tags of each photo by head, the class first; photos without any are left out."""
        return self._store.of(ids)

    def facets(self, head: str | None = None, query: str = "") -> list[Facet]:
        """How many visible photos have each value, the most frequent first.

        Args:
            head: None: of all heads, the class first.
            query: Only photos that its filters let through.

        Raises:
            QueryError: the query cannot be understood, or has terms: what they find has to be searched for.
        """
        parsed = parse(query)
        if parsed.terms:
            first = parsed.terms[0]
            raise QueryError(
                f"{first.value!r} describes photos instead of choosing them.",
                remedy="Leave it out: only filters can be counted.",
                start=first.start,
                end=first.end,
            )
        condition, parameters = compile_filters(parsed.filters, today=date.today())
        return self._store.facets(head, condition, parameters, hidden=wants_hidden(parsed.filters))

    # Who says so

    def taggers(self) -> list[TaggerInfo]:
        """All trained ones, newest first, and zero-shot."""
        return self._choice.taggers()

    def on_its_way(self) -> TaggerInfo | None:
        """The trained tagger that looks at the photos now and answers when it has seen all of them."""
        return self._choice.on_its_way()

    def promote(
        self, checkpoint: Path, *, name: str, metrics: Mapping[str, float], run: str | None = None
    ) -> TaggerInfo:
        """Take a checkpoint into the library and use it.

        Raises:
            ModelError: it is none, or is damaged.
            DiskFullError, PermissionDeniedError: it cannot be copied.
        """
        return self._choice.promote(checkpoint, name=name, metrics=metrics, run=run)

    def use(self, tagger_id: TaggerId) -> TaggerInfo:
        """Let a tagger answer: at once if it has looked at every photo, else as soon as it has.

        Raises:
            ModelError: there is no such tagger, or its files are lost.
        """
        return self._choice.use(tagger_id)

    def roll_back(self) -> TaggerInfo:
        """Go back to what answered before, at once and with what it said of the photos.

        Raises:
            ModelError: nothing has answered before.
        """
        return self._choice.roll_back()

    def has_lost_files(self, tagger_id: TaggerId) -> bool:
        """Whether the checkpoint of a trained tagger is not where it was put.

        Raises:
            ModelError: there is no such tagger.
        """
        return self._choice.has_lost_files(tagger_id)

    def back_to(self) -> TaggerInfo | None:
        """The tagger to which `roll_back` leads; None: there is none."""
        return self._choice.back_to()

    def delete(self, tagger_id: TaggerId) -> None:
        """Forget a tagger, what it said and its files.

        Raises:
            ModelError: there is no such tagger, or it is in use.
        """
        self._choice.delete(tagger_id)

    def combine(self, ids: Sequence[TaggerId], name: str) -> TaggerInfo:
        """A tagger that averages what several say; it is used at once.

        Raises:
            ModelError: fewer than two, or one of them is none that can be combined.
            DiskFullError, PermissionDeniedError: it cannot be written.
        """
        return self._choice.combine(ids, name)

    # The words of tags that need no training

    def vocabulary(self) -> Vocabulary:
        """The user's words where there are any, else Recollect's own; values of the user's attributes are not in it.

        Raises:
            LabelFileError: the user's file is no vocabulary.
        """
        return self._words.own()

    def change_vocabulary(self, vocabulary: Vocabulary) -> None:
        """Use other words. Photos are tagged anew in the background; until then the old tags answer.

        Raises:
            LabelError: it is no vocabulary: a head without values, say.
            PermissionDeniedError: the file cannot be written.
        """
        self._words.change(vocabulary)
        self._tell_of_words()

    def reset_vocabulary(self) -> None:
        """Use Recollect's own words again.

        Raises:
            PermissionDeniedError: the user's file cannot be deleted.
        """
        self._words.reset()
        self._tell_of_words()

    def follow(self) -> None:
        """Tell of what another process, or the indexer, has chosen since the last time."""
        state = self._taggers.state()
        if state != self._seen:
            self._seen = state
            self._bus.publish(TaggerChanged())

    def _tell_of_words(self) -> None:
        """The process that indexes looks at the file again whenever the database has changed."""
        self._remembered.change(WORDS_KEY, lambda changes: changes + 1, 0)
        self._wake()
