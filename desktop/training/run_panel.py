"""A training that runs: curves, how far it is, the log, the speed, and the button that ends it with the best so far."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QBoxLayout, QButtonGroup, QPlainTextEdit, QProgressBar, QRadioButton, QSizePolicy, QWidget

from desktop.training.curve_view import CurveView
from desktop.training.history import LOSS, SCORE, History
from desktop.training.panel import Fold, Panel, button, row, say, text
from trainer.control import TrainingSpeed

if TYPE_CHECKING:
    from PySide6.QtGui import QResizeEvent

    from desktop.theme import Theme
    from trainer.events import Event

STEPS = 1_000  # of the bar: finer than its pixels
LOG_LINES = 2_000
NARROW_PX = 640  # below that the curves stand one above the other
SPEEDS: dict[TrainingSpeed, tuple[str, str]] = {
    "full": ("Full speed", "As fast as this computer can"),
    "gentle": ("Gently", "Leaves room for whatever else you do"),
    "paused": ("Pause", "Rests until you choose another speed"),
}


class RunPanel(Panel):
    """Shows what a process tells. It stays when the run has ended, with its curves and its log."""

    cancel_wanted = Signal()
    speed_wanted = Signal(str)

    def __init__(self, theme: Theme) -> None:
        super().__init__("Training")
        self.history = History()
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Maximum)
        self.loss_view, self.score_view = CurveView(theme, LOSS), CurveView(theme, SCORE)
        self.bar = QProgressBar()
        self.bar.setTextVisible(False)
        self.bar.setAccessibleName("Progress of the training")
        self._status = text("")
        self.cancel_button = button("Stop and keep the best", tip="The best network so far is kept, and judged")
        self.speeds: dict[TrainingSpeed, QRadioButton] = {}
        self.log = QPlainTextEdit()
        self.log.setReadOnly(True)
        self.log.setTabChangesFocus(True)
        self.log.setMaximumBlockCount(LOG_LINES)
        self.log.setMinimumHeight(160)
        self.log.setAccessibleName("Log of the training")
        self.fold = Fold("Log", self.log, theme)
        self._curves = QBoxLayout(QBoxLayout.Direction.LeftToRight)
        self._controls = QWidget()
        self._build()

    @property
    def has_focus(self) -> bool:
        """The keyboard is on what goes away when the run ends."""
        return self.cancel_button.hasFocus() or any(each.hasFocus() for each in self.speeds.values())

    @property
    def status(self) -> str:
        return self._status.text()

    def begin(self, title: str, before: tuple[Event, ...] = ()) -> None:
        """A run starts, or goes on after `before`."""
        self.set_title(title)
        self.history = History()
        self.log.clear()
        self.history.replay(before)
        if not before:
            self.history.doing = "Starting…"
        self.cancel_button.setEnabled(True)
        self.speeds["full"].setChecked(True)
        self._controls.show()
        self.bar.show()
        self._draw()
        self.show_status("full")

    def take(self, event: Event, speed: TrainingSpeed) -> None:
        line = self.history.take(event)
        if line:
            self.log.appendPlainText(line)
        if type(event).__name__ in ("EpochDone", "PhaseStarted", "Prepared"):
            self._draw()
        self.show_status(speed)

    def show_status(self, speed: TrainingSpeed) -> None:
        if self.cancel_button.isEnabled():
            say(self._status, self.history.status(speed))
        share = self.history.share
        self.bar.setRange(0, STEPS if share is not None else 0)  # 0 to 0 is how a bar says that it cannot tell
        self.bar.setValue(round(STEPS * (share or 0.0)))

    def show_cancelling(self) -> None:
        self.cancel_button.setEnabled(False)
        say(self._status, "Stopping after this step; then the best network so far is judged…")

    def end(self, said: str) -> None:
        """The curves stay; the focus goes on where the user is told what came of it."""
        self._controls.hide()
        self.bar.hide()
        say(self._status, said)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        narrow = self.width() < NARROW_PX
        direction = QBoxLayout.Direction.TopToBottom if narrow else QBoxLayout.Direction.LeftToRight
        if direction != self._curves.direction():
            self._curves.setDirection(direction)

    def _build(self) -> None:
        self._curves.setSpacing(16)
        for view in (self.loss_view, self.score_view):
            view.setMinimumHeight(240)
            self._curves.addWidget(view, stretch=1)
        group = QButtonGroup(self)
        for speed, (name, tip) in SPEEDS.items():
            choice = self.speeds[speed] = QRadioButton(name)
            choice.setToolTip(tip)
            group.addButton(choice)
            choice.toggled.connect(lambda on, speed=speed: self.speed_wanted.emit(speed) if on else None)
        self.cancel_button.clicked.connect(self.cancel_wanted)
        controls = row(self.cancel_button, *self.speeds.values())
        controls.setContentsMargins(0, 0, 0, 0)
        controls.setSpacing(16)
        self._controls.setLayout(controls)
        self.column.addWidget(self._status)
        self.column.addWidget(self.bar)
        self.column.addWidget(self._controls)
        self.column.addLayout(self._curves)
        self.column.addWidget(self.fold)

    def _draw(self) -> None:
        self.loss_view.show_curves(self.history.loss_curves())
        self.score_view.show_curves(self.history.score_curves())
