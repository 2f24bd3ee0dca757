"""The bar with which many photos are labelled: one key or click a photo. It comes when the user turns labelling on."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import QComboBox, QFrame, QHBoxLayout, QPushButton, QToolButton, QVBoxLayout, QWidget

from core.tags.values import CLASS
from desktop.elided_label import ElidedLabel
from desktop.icons import icon
from desktop.organise.wording import in_menu, photos, quoted
from desktop.search.flow_layout import FlowLayout
from desktop.tagging.deeds import AcceptTags, ClearLabel, SetLabel
from desktop.tagging.label_popup import LabelPopup
from desktop.tagging.labelling_keys import Offer, offers
from desktop.tagging.tag_sheet import TagSheet, read_sheet
from desktop.tagging.tag_words import head_name, said_by, spoken

if TYPE_CHECKING:
    from PySide6.QtGui import QResizeEvent

    from core.library import Library
    from core.types import PhotoId
    from desktop.organise.undo import Deed
    from desktop.tagging.tag_facts import TagFacts
    from desktop.tasks import Task, Tasks
    from desktop.theme import Theme

    Ids = Callable[[], Sequence[PhotoId]]

KEY = "Ctrl+Shift+L"
NARROWEST_PX = 400
SAID_PX = 240  # with less room than that for what the photos are, the buttons lose their words
ICON_PX = 20
_BUTTONS = (  # words, sign, tool tip
    ("New value…", "plus", "Type a value, or choose any other"),
    ("Accept", "accept", "What the model says becomes what you say"),
    ("Clear", "clear", "Remove your label"),
    ("Similar…", "similar", "Find photos like these, to give them the same label"),
)
_LIVE = ("Learn", "training", "Learn from each label at once. When you pause, tags follow, if they get better by it")


class LabellingBar(QFrame):
    """Labels the photos that it is told of, and says so; what is shown then, the window decides."""

    deed_wanted = Signal(object)
    """Deed."""
    labelled = Signal()
    """The photos have got their label: the viewer may go on to the next one."""
    propagate_wanted = Signal(object, str)
    """list of PhotoId, head: photos like these are to be looked for, to get the same labels."""
    live_wanted = Signal(bool)
    """What is labelled shall be learned at once."""

    def __init__(
        self, library: Library, tasks: Tasks, theme: Theme, facts: TagFacts, ids: Ids, parent: QWidget | None = None
    ) -> None:
        """
        Args:
            ids: The photos that a key labels: the one that is looked at, or those that are selected.
        """
        super().__init__(parent)
        self.setObjectName("labellingBar")
        self.setAccessibleName("Label photos")
        self._library, self._tasks, self._theme, self._facts, self._ids_now = library, tasks, theme, facts, ids
        self._shown: tuple[PhotoId, ...] = ()
        self._reading: Task | None = None
        self._has_place = True
        self.offers: list[Offer] = []
        self.chips: list[QPushButton] = []
        self.toggle_action = QAction("Label photos", self, checkable=True)
        self.toggle_action.setShortcut(QKeySequence(KEY))
        self.toggle_action.toggled.connect(self._come_or_go)
        self.head_box, self.said, self.close_button = QComboBox(), ElidedLabel(role="muted"), QToolButton()
        self.value_button, self.accept_button, self.clear_button, self.similar_button = self._buttons = tuple(
            QToolButton() for _ in _BUTTONS
        )
        self.live_button = QToolButton()
        self.live_button.setCheckable(True)
        self._build()
        facts.changed.connect(self._follow)
        theme.changed.connect(self._paint_icons)
        self._paint_icons()
        self._follow()
        self.hide()

    @property
    def is_on(self) -> bool:
        return self.toggle_action.isChecked()

    @property
    def head(self) -> str:
        return self.head_box.currentData() or CLASS

    def choose_head(self, head: str) -> None:
        self.head_box.setCurrentIndex(max(0, self.head_box.findData(head)))
        self._show_offers()

    def show_photos(self, ids: Sequence[PhotoId]) -> None:
        """The photos that would be labelled now: the bar says what they are."""
        self._shown = tuple(ids)
        if self.is_on:
            self._read()

    def show_live(self, on: bool) -> None:
        """Whether what is labelled is learned at once."""
        self.live_button.setChecked(on)

    def give_place(self, place: bool) -> None:
        """Where there are no photos to label the bar stands aside, and comes back with them."""
        self._has_place = place
        self.setVisible(self.is_on and place)

    def minimumSizeHint(self) -> QSize:
        return QSize(NARROWEST_PX, super().minimumSizeHint().height())  # not that of the words, which give way

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit()

    # Keys

    def takes_key(self, text: str) -> bool:
        """Whether a key that types this labels photos now."""
        return self.is_on and self._offer_of(text) is not None

    def take_key(self, text: str) -> bool:
        """Label with the value that has this key. True also for a digit that has none: while one labels by digits, one
        too many shall not begin a search."""
        if not self.is_on:
            return False
        offer = self._offer_of(text)
        if offer is not None:
            self.label(offer.value)
        return offer is not None or text in set("0123456789")

    def _offer_of(self, text: str) -> Offer | None:
        return next((offer for offer in self.offers if offer.key and offer.key.lower() == text.lower()), None)

    # What the user does

    def label(self, value: str) -> None:
        if ids := self._ids():
            self._perform(SetLabel(self._library, ids, self.head, value))
            self.labelled.emit()

    def ask_for_value(self) -> LabelPopup | None:
        """Any other value, or a new one."""
        ids = self._ids()
        if not ids:
            return None
        popup = LabelPopup(self._library, self._tasks, ids, self.head, self)
        popup.deed_wanted.connect(self.deed_wanted)
        popup.labelled.connect(lambda _head, _value: self.labelled.emit())
        popup.show_below(self.value_button)
        return popup

    def _accept(self) -> None:
        if ids := self._ids():
            self._perform(AcceptTags(self._library, ids, [self.head]))
            self.labelled.emit()

    def _clear(self) -> None:
        if ids := self._ids():
            self._perform(ClearLabel(self._library, ids, self.head))

    def _propagate(self) -> None:
        if ids := self._ids():
            self.propagate_wanted.emit(ids, self.head)

    def _perform(self, deed: Deed) -> None:
        self.deed_wanted.emit(deed)

    def _ids(self) -> list[PhotoId]:
        ids = list(self._ids_now())
        if not ids:
            self.said.setText("Select photos first")
        return ids

    # What it shows

    def _come_or_go(self, on: bool) -> None:
        self.setVisible(on and self._has_place)
        if on:
            self._facts.refresh()
            self.show_photos(self._ids_now())

    def _follow(self) -> None:
        """Attributes, values or counts are others now."""
        names = [attribute.name for attribute in self._facts.known.attributes] or [CLASS]
        if names != [self.head_box.itemData(place) for place in range(self.head_box.count())]:
            head = self.head
            self.head_box.clear()
            for name in names:
                self.head_box.addItem(head_name(name), name)
            self.head_box.setCurrentIndex(max(0, self.head_box.findData(head)))
        self._show_offers()
        if self.is_on:
            self._read()

    def _show_offers(self) -> None:
        """The chips change in place: the focus stays on one."""
        self.offers = offers(self._facts.known, self.head)
        while len(self.chips) < len(self.offers):
            self.chips.append(self._new_chip(len(self.chips)))
        for place, chip in enumerate(self.chips):
            chip.setVisible(place < len(self.offers))
            if place < len(self.offers):
                self._name_chip(chip, self.offers[place])
        self._read()

    def _name_chip(self, chip: QPushButton, offer: Offer) -> None:
        key = f"{offer.key}\u2002" if offer.key else ""
        count = f"\u2002{offer.count:,}" if offer.count else ""
        chip.setText(in_menu(f"{key}{spoken(offer.value)}{count}"))
        chip.setAccessibleName(f"{spoken(offer.value)}, {photos(offer.count)} labelled")
        chip.setToolTip(f"Label {offer.value} ({offer.key})" if offer.key else f"Label {offer.value}")
        # Keys of one character are taken by `take_key`, for they mean something else where one types.
        chip.setShortcut(QKeySequence(offer.key) if len(offer.key) > 1 else QKeySequence())

    def _press(self, place: int, _checked: bool = False) -> None:
        self.label(self.offers[place].value)

    def _read(self) -> None:
        """What the photos are now: one's own words, or how many have been labelled."""
        if self._reading is not None:
            self._reading.cancel()
            self._reading = None
        if not self._shown:
            self.said.setText("Select photos, then press a key")
        elif self.is_on:
            self._reading = self._tasks.run(partial(read_sheet, self._library, self._shown), self._tell)

    def _tell(self, sheet: TagSheet) -> None:
        known = sheet.of(self.head)
        if known is not None and known.tag is not None:
            self.said.setText(f"{quoted(spoken(known.tag.value))} · {said_by(known.tag, guessed=known.guessed)}")
        else:
            labelled = known.labelled if known is not None else 0
            self.said.setText(f"{photos(len(sheet.ids))}, {labelled:,} labelled")

    # How it looks

    @property
    def _named_buttons(self) -> list[tuple[QToolButton, tuple[str, str, str]]]:
        return list(zip((*self._buttons, self.live_button), (*_BUTTONS, _LIVE), strict=True))

    def _build(self) -> None:
        self.head_box.setAccessibleName("What to label")
        self.head_box.setToolTip("What to label")
        self.head_box.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.head_box.activated.connect(lambda _place: self._show_offers())
        self.close_button.setAccessibleName("Stop labelling")
        self.close_button.setToolTip(f"Stop labelling ({KEY})")
        self.close_button.clicked.connect(lambda: self.toggle_action.setChecked(False))
        self._top = top = QHBoxLayout()
        top.setSpacing(4)
        top.addWidget(self.head_box)
        top.addWidget(self.said, stretch=1)
        acts: tuple[Callable[[], object], ...] = (self.ask_for_value, self._accept, self._clear, self._propagate)
        for button, act in zip(self._buttons, acts, strict=True):
            button.clicked.connect(lambda _checked=False, act=act: act())
        self.live_button.clicked.connect(self.live_wanted)
        for button, (name, _sign, hint) in self._named_buttons:
            button.setText(f"\N{THIN SPACE}{name}")  # Qt leaves hardly any room behind the icon
            button.setToolTip(hint)
            button.setAccessibleName(name)
            top.addWidget(button)
        self.live_button.setAccessibleName("Learn while I label")
        top.addWidget(self.close_button)
        for button in (*self._buttons, self.live_button, self.close_button):
            button.setIconSize(QSize(ICON_PX, ICON_PX))
            button.setFocusPolicy(Qt.FocusPolicy.TabFocus)  # a click leaves the focus with the photos
        chips = QWidget()
        self._flow = FlowLayout(chips)
        column = QVBoxLayout(self)
        column.setContentsMargins(16, 8, 8, 8)
        column.setSpacing(8)
        column.addLayout(top)
        column.addWidget(chips)

    def _new_chip(self, place: int) -> QPushButton:
        chip = QPushButton()
        chip.setObjectName("labelChip")
        chip.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        chip.clicked.connect(partial(self._press, place))
        self._flow.addWidget(chip)
        return chip

    def _fit(self) -> None:
        """Without room for the words the icons stay."""
        for style in (Qt.ToolButtonStyle.ToolButtonTextBesideIcon, Qt.ToolButtonStyle.ToolButtonIconOnly):
            for button, _about in self._named_buttons:
                button.setToolButtonStyle(style)
            self._top.invalidate()
            if self._top.sizeHint().width() + SAID_PX <= self.width():
                return

    def _paint_icons(self) -> None:
        for button, (_name, sign, _hint) in self._named_buttons:
            button.setIcon(icon(sign, self._theme.colors.text))
        self.close_button.setIcon(icon("close", self._theme.colors.text))
