"""Labels as the user knows them: what photos are said to be, and what they can be said to be.

They are kept apart from predictions and win over them. Every change returns what undoes it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, overload

from core.events import AlbumsChanged, EventBus, TagsChanged
from core.files.ignore import IgnoreRules
from core.store.attributes import AttributeStore
from core.store.database import Database
from core.store.labels import Change, LabelStore
from core.store.photos import PhotoStore
from core.store.unlabelled import UnlabelledStore
from core.tags.attributes import NO_LABELS, Attributes
from core.tags.label_csv import read_label_csv
from core.tags.label_export import copy_to_folders, write_label_csv
from core.tags.label_files import LabelFile
from core.tags.label_folders import read_label_folders
from core.tags.label_import import ImportReport, match, origins
from core.tags.label_text import Spelling, sound_name, sound_value
from core.tags.propagation import Proposal, propagate
from core.tags.values import CLASS, Attribute, AttributesBefore, LabelledPhoto, LabelsBefore
from core.tags.worth import worth_labelling
from core.types import ExportReport, PhotoId, Vectors

if TYPE_CHECKING:
    from collections.abc import Collection

MOST_NAMED = 1000  # photos in an event; of more, listeners read everything anew

VectorsOf = Callable[[Sequence[PhotoId]], tuple[list[PhotoId], Vectors]]
"""Those of the photos that have a vector of the encoder that answers, and the vectors (N, D)."""


class Labels:
    """Safe to use from any thread. Every method may wait for the disk."""

    def __init__(self, database: Database, bus: EventBus, vectors: VectorsOf) -> None:
        self._database = database
        self._bus = bus
        self._vectors = vectors
        self._store = LabelStore(database)
        self._attribute_store = AttributeStore(database)
        self._attributes = Attributes(database, self._attribute_store, self._store)
        self._unlabelled = UnlabelledStore(database)
        self._photos = PhotoStore(database)
        self._seen = self._store.sequence()

    # Attributes and their values

    def attributes(self) -> list[Attribute]:
        """In the user's order; class, color, material and condition are always there."""
        return self._attribute_store.all()

    def define(self, name: str, values: Iterable[str] = ()) -> AttributesBefore:
        """Make an attribute, or give one that exists further values.

        Raises:
            LabelError: the name or a value is empty, too long, or holds a sign that stands beside names.
        """
        return self._told(self._attributes.define(name, values))

    def rename_attribute(self, old: str, new: str) -> AttributesBefore:
        """Labels, predictions and saved searches follow, and what taggers say later.

        Raises:
            LabelError: there is no such attribute, it is one of those that always are, or the new name cannot be had.
        """
        return self._told(self._attributes.rename(old, new))

    def remove_attribute(self, name: str) -> AttributesBefore:
        """Take away an attribute and all labels of it.

        Raises:
            LabelError: there is none of that name, or it is one of those that always are.
        """
        return self._told(self._attributes.remove(name))

    def add_value(self, name: str, value: str) -> AttributesBefore:
        """Raises LabelError when there is no such attribute, or the value is empty or too long."""
        return self._told(self._attributes.define(self._attributes.get(name).name, [value]))

    def rename_value(self, name: str, old: str, new: str) -> AttributesBefore:
        """Renaming to a value that exists merges both. Predictions and saved searches follow, as with an attribute.

        Raises:
            LabelError: there is no such attribute or value, or the new one is empty or too long.
        """
        return self._told(self._attributes.rename_value(name, old, new))

    def remove_value(self, name: str, value: str) -> AttributesBefore:
        """Take away a value and all labels of it. Raises LabelError when there is none."""
        return self._told(self._attributes.remove_value(name, value))

    def order_values(self, name: str, values: Sequence[str]) -> AttributesBefore:
        """Put these first, in this order. Raises LabelError for what the attribute does not have."""
        return self._told(self._attributes.order_values(name, values))

    def set_key(self, name: str, value: str, key: str | None) -> AttributesBefore:
        """The key that gives a value; it is taken from the value that had it. Raises LabelError as above."""
        return self._told(self._attributes.set_key(name, value, key))

    # Labels

    def of(self, ids: Iterable[PhotoId]) -> dict[PhotoId, dict[str, str]]:
        """What the user said, by head; photos without labels are left out."""
        return self._store.of(ids)

    def counts(self) -> dict[str, dict[str, int]]:
        """How many photos on disk have each value, by head."""
        return self._store.counts()

    def count(self) -> int:
        """Photos on disk that have a label."""
        return self._store.count()

    def labelled(self) -> list[LabelledPhoto]:
        """Photos to train with: on disk, read, and labelled."""
        return self._store.labelled()

    def set(self, ids: Iterable[PhotoId], head: str, value: str) -> LabelsBefore:
        """Say what photos are. An attribute or a value that there was not is made.

        Raises:
            LabelError: the head or the value is empty, too long, or holds a sign that stands beside names.
        """
        sound = sound_value(value)
        name = sound_name(head)
        return self._change([(photo_id, name, sound) for photo_id in ids])

    def clear(self, ids: Iterable[PhotoId], head: str | None = None) -> LabelsBefore:
        """Take back what was said: of one head, or all of it. Raises LabelError when there is no such head."""
        name = None if head is None else self._attributes.get(head).name
        with self._database.write():
            taken: list[Change] = [
                (photo_id, each, None)
                for photo_id, labels in self._store.of(ids).items()
                for each in labels
                if name is None or each == name
            ]
            before = self._store.put(taken)
        return self._told_labels(before)

    def accept(self, ids: Iterable[PhotoId], heads: Collection[str] | None = None) -> LabelsBefore:
        """What the live taggers are sure of becomes what the user says, where nothing was said yet."""
        with self._database.write():
            before = self._put(self._store.predicted(ids, heads))
        return self._told_labels(before)

    @overload
    def restore(self, before: LabelsBefore) -> LabelsBefore: ...

    @overload
    def restore(self, before: AttributesBefore) -> AttributesBefore: ...

    def restore(self, before: LabelsBefore | AttributesBefore) -> LabelsBefore | AttributesBefore:
        """Undo a change. What is returned undoes the undoing."""
        if isinstance(before, AttributesBefore):
            return self._told(self._attributes.restore(before))
        with self._database.write():
            now = replace(self._put(before.labels), origins=self._store.put_origins(dict(before.origins)))
            for head, value in reversed(before.added):
                self._forget(head, value)
        return self._told_labels(now)

    # Files

    def import_csv(self, path: Path, *, encoding: str | None = None, keep: bool = False) -> ImportReport:
        """Take labels, splits and instances from a table; docs/labels.md says what it looks like.

        Args:
            encoding: As Python calls it; None: found out.
            keep: Labels that the user has given stay where the file says something else.

        Raises:
            LabelFileError: it cannot be read, is empty, or lacks columns.
        """
        return self._import(read_label_csv(path, encoding=encoding), keep=keep)

    def import_folders(
        self, root: Path, *, levels: Sequence[str] | None = None, rules: IgnoreRules | None = None, keep: bool = False
    ) -> ImportReport:
        """Take labels from the names of folders, as `read_label_folders` reads them.

        Raises:
            LabelFileError: there is no such folder, or nothing in it that says anything.
            LabelError: a level has a name that no attribute can have.
        """
        return self._import(read_label_folders(root, levels=levels, rules=rules), keep=keep)

    def export_csv(self, path: Path) -> int:
        """Write all labels as a table, which `import_csv` reads back. Returns the number of photos.

        Raises:
            FolderError: its folder is not there.
            MachineError: the disk is full, fails, or may not be written.
        """
        return write_label_csv(path, self._store.rows())

    def export_folders(
        self,
        folder: Path,
        head: str = CLASS,
        *,
        on_progress: Callable[[int, int], None] | None = None,
        cancelled: Callable[[], bool] | None = None,
    ) -> ExportReport:
        """Copy the photos that have a label of this head into one folder for each value. Nothing is overwritten.

        Raises:
            LabelError: there is no such attribute.
            FolderError: the folder is not there.
            MachineError: it is full or cannot be written.
        """
        values = self._store.of_head(self._attributes.get(head).name)
        photos = [(photo, values[photo.id]) for photo in self._photos.get(self._store.present(values))]
        return copy_to_folders(
            folder,
            photos,
            on_progress=on_progress or (lambda done, total: None),
            cancelled=cancelled or (lambda: False),
        )

    # Proposals

    def propagate(self, ids: Iterable[PhotoId], head: str, *, limit: int = 200) -> list[Proposal]:
        """Photos that look like these and have no label of the head: what they may be, likeliest first. Sets nothing.

        Raises:
            LabelError: there is no such attribute, or none of the photos has a label of it.
        """
        name = self._attributes.get(head).name
        return propagate(self._store, self._unlabelled, self._vectors, list(ids), name, limit=limit)

    def worth_labelling(self, head: str = CLASS, limit: int = 50) -> list[PhotoId]:
        """Photos whose labels would teach most: uncertain ones, unlike each other.

        Raises:
            LabelError: there is no such attribute.
        """
        name = self._attributes.get(head).name
        return worth_labelling(self._store, self._unlabelled, self._vectors, name, limit=limit)

    def follow(self) -> None:
        """Tell of what another process has changed since the last time."""
        sequence = self._store.sequence()
        if sequence != self._seen:
            self._seen = sequence
            self._bus.publish(TagsChanged())

    def _import(self, file: LabelFile, *, keep: bool) -> ImportReport:
        matched = match(file, self._store)  # looks at the disk: nobody has to wait for that
        with self._database.write():
            said = [(photo_id, head, value) for photo_id, row in matched.rows for head, value in row.labels.items()]
            before = replace(self._put(said, keep=keep), origins=self._store.put_origins(origins(matched.rows)))
        self._told_labels(before)
        return ImportReport(
            photos=len({photo_id for photo_id, _ in matched.rows}),
            labels=len(before.labels),
            replaced=sum(value is not None for _, _, value in before.labels),
            warnings=tuple(file.warnings),
            warning_count=file.warning_count,
            missing=matched.missing,
            not_in_library=matched.not_in_library,
            before=before,
        )

    def _change(self, changes: Sequence[Change]) -> LabelsBefore:
        if not changes:
            return NO_LABELS
        with self._database.write():
            before = self._put(changes)
        return self._told_labels(before)

    def _put(self, changes: Iterable[Change], *, keep: bool = False) -> LabelsBefore:
        """Part of the caller's transaction. Heads and values get the spelling that they have; new ones are made.

        Args:
            keep: Photos that have a label of the same head keep it.
        """
        spelling = Spelling({each.name: each.values for each in self._attribute_store.all()})
        spelled: list[Change] = []
        for photo_id, name, value in changes:
            head = spelling.head(name)
            spelled.append((photo_id, head, None if value is None else spelling.value(head, value)))
        if keep:
            said = self._store.of(photo_id for photo_id, _, _ in spelled)
            spelled = [change for change in spelled if change[1] not in said.get(change[0], {})]
        added = self._make_room(spelled)
        return replace(self._store.put(spelled), added=tuple(added))

    def _make_room(self, changes: Iterable[Change]) -> list[tuple[str, str | None]]:
        """Make the attributes and values that are missing. Returns them."""
        wanted: dict[str, dict[str, None]] = {}
        for _, head, value in changes:
            if value is not None:
                wanted.setdefault(head, {})[value] = None
        added = [each for head, values in wanted.items() for each in self._attribute_store.add(head, values)]
        if added:
            self._store.raise_sequence()
        return added

    def _forget(self, head: str, value: str | None) -> None:
        """Take back an attribute or a value that a change brought, unless something else uses it by now."""
        in_use = self._store.values_in_use(head)
        attribute = self._attribute_store.find(head)
        if attribute is None or value in in_use:
            return
        if value is not None:
            self._attribute_store.discard_value(attribute.name, value)
        elif not in_use and not attribute.values:
            self._attribute_store.delete(attribute.name)
        self._store.raise_sequence()

    def _told(self, before: AttributesBefore) -> AttributesBefore:
        self._seen = self._store.sequence()
        self._bus.publish(TagsChanged())
        if before.searches:
            self._bus.publish(AlbumsChanged())
        return before

    def _told_labels(self, before: LabelsBefore) -> LabelsBefore:
        if before:
            self._seen = self._store.sequence()
            ids = dict.fromkeys(each[0] for each in (*before.labels, *before.origins))
            many = len(ids) > MOST_NAMED
            self._bus.publish(TagsChanged(() if many else tuple(ids)))
        return before
