"""The long jobs of the window (an export, a download, a search for copies) as the status line shows them."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QSize
from PySide6.QtWidgets import QHBoxLayout, QLabel, QProgressBar, QToolButton, QWidget

from desktop.elided_label import ElidedLabel
from desktop.icons import icon
from desktop.theme import Theme

SHOWN = 2  # jobs beside each other; with more of them the line would have no room for its own text
NAME_PX = 128
BAR_PX = 48
STEPS = 1_000  # of a bar: its own numbers end at 2^31, and a download has more bytes than that


class JobView(QWidget):
    """One job: its name, how far it is, and a button that ends it. It keeps its width whatever it says."""

    def __init__(self, name: str, cancel: Callable[[], object] | None, theme: Theme) -> None:
        super().__init__()
        self._name, self._cancel, self._theme = name, cancel, theme
        self._text = ElidedLabel(name)
        self._text.setFixedWidth(NAME_PX)
        self.bar = QProgressBar()
        self.bar.setTextVisible(False)
        self.bar.setFixedWidth(BAR_PX)
        self.bar.setAccessibleName(f"Progress: {name}")
        self.cancel_button = QToolButton()
        self.cancel_button.setIconSize(QSize(16, 16))
        self.cancel_button.setToolTip("Cancel")
        self.cancel_button.setAccessibleName(f"Cancel: {name}")
        self.cancel_button.setVisible(cancel is not None)
        self.cancel_button.clicked.connect(self._stop)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(8)
        for widget in (self._text, self.bar, self.cancel_button):
            row.addWidget(widget)
        self.take_colors()

    @property
    def text(self) -> str:
        return self._text.text()

    def show_progress(self, done: int, total: int) -> None:
        self.bar.setRange(0, STEPS if total else 0)  # 0 to 0 is how a bar says that it cannot tell
        self.bar.setValue(STEPS * done // total if total else 0)
        self.bar.setToolTip(f"{done:,} of {total:,}" if total else "")

    def take_colors(self) -> None:
        self.cancel_button.setIcon(icon("close", self._theme.colors.text, 16))

    def _stop(self) -> None:
        """It may take a moment: a batch, or a file, is brought to its end."""
        self.cancel_button.setEnabled(False)
        self._text.setText("Stopping…")
        if self._cancel is not None:
            self._cancel()


class Jobs(QWidget):
    """All jobs that run; the oldest are shown, and how many there are besides."""

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self._views: dict[str, JobView] = {}
        self._more = QLabel()
        self._more.setProperty("role", "muted")
        self._more.hide()
        self._row = QHBoxLayout(self)
        self._row.setContentsMargins(0, 0, 0, 0)
        self._row.setSpacing(16)
        self._row.addWidget(self._more)
        theme.changed.connect(self._take_colors)

    @property
    def views(self) -> dict[str, JobView]:
        return self._views

    def show_job(self, name: str, done: int, total: int, cancel: Callable[[], object] | None = None) -> None:
        if name not in self._views:
            self._views[name] = JobView(name, cancel, self._theme)
            self._row.insertWidget(len(self._views) - 1, self._views[name])
            self._arrange()
        self._views[name].show_progress(done, total)

    def end_job(self, name: str) -> None:
        view = self._views.pop(name, None)
        if view is not None:
            self._row.removeWidget(view)
            view.hide()
            view.deleteLater()
            self._arrange()

    def _arrange(self) -> None:
        views = list(self._views.values())
        for place, view in enumerate(views):
            view.setVisible(place < SHOWN)
        hidden = views[SHOWN:]
        self._more.setText(f"and {len(hidden)} more")
        self._more.setToolTip("\n".join(view.text for view in hidden))
        self._more.setVisible(bool(hidden))

    def _take_colors(self) -> None:
        for view in self._views.values():
            view.take_colors()
