"""The line at the bottom: what is being done, how far it is, pause and resume; the window's own long jobs; how many
files cannot be read."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QSize, Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QProgressBar, QPushButton, QToolButton, QWidget

from core.types import Activity, Progress
from desktop.elided_label import ElidedLabel
from desktop.icons import icon
from desktop.jobs import Jobs
from desktop.organise import wording
from desktop.theme import Theme

_COUNTED = {
    Activity.INDEXING: "Indexing",
    Activity.REEMBEDDING: "Learning with the new model",
    Activity.TAGGING: "Tagging",
    Activity.FOLLOWING: "Another Recollect is indexing",
    Activity.SCANNING: "Looking through folders",
}
_PAUSABLE = (Activity.SCANNING, Activity.INDEXING, Activity.REEMBEDDING, Activity.TAGGING, Activity.PAUSED)


class StatusLine(QFrame):
    """Shows Progress and jobs; the work itself is elsewhere.

    What changes its width while work goes on, the text, stands behind what has a fixed one: nothing jumps.
    """

    pause_chosen = Signal(bool)
    """True: pause; False: go on."""
    problems_chosen = Signal()

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("statusLine")
        self._theme = theme
        self._paused = False
        self._text, self._photos = ElidedLabel(), QLabel()
        self._text.setMinimumWidth(128)
        self._photos.setProperty("role", "muted")
        self._bar = QProgressBar()
        self._bar.setTextVisible(False)
        self._bar.setFixedWidth(128)
        self._bar.setAccessibleName("Progress of the work")
        self.pause_button = QToolButton()
        self.pause_button.setIconSize(QSize(16, 16))
        self.pause_button.clicked.connect(lambda: self.pause_chosen.emit(not self._paused))
        self.problems_button = QPushButton()
        self.problems_button.setProperty("role", "link")
        self.problems_button.setToolTip("Each of them, why, and how to try again")
        self.problems_button.clicked.connect(self.problems_chosen)
        self.jobs = Jobs(theme)
        row = QHBoxLayout(self)
        row.setContentsMargins(16, 0, 16, 0)
        row.setSpacing(8)
        row.addWidget(self.pause_button)
        row.addWidget(self._bar)
        row.addWidget(self._text, stretch=1)
        for widget in (self.jobs, self.problems_button, self._photos):
            row.addWidget(widget)
        theme.changed.connect(self._name_pause)
        self.setFixedHeight(40)  # the line stays as it is when its buttons come and go
        self.show_problems(0)
        self.show_progress(Progress(Activity.IDLE))

    @property
    def text(self) -> str:
        return self._text.text()

    def show_progress(self, progress: Progress) -> None:
        self._paused = progress.activity is Activity.PAUSED
        self._text.setText(describe(progress))
        self.setToolTip(progress.detail)
        self._bar.setVisible(progress.total > 0 and progress.activity is not Activity.IDLE)
        self._bar.setRange(0, max(progress.total, 1))
        self._bar.setValue(progress.done)
        self.pause_button.setVisible(progress.activity in _PAUSABLE)
        self._name_pause()

    def show_job(self, name: str, done: int, total: int, cancel: Callable[[], object] | None = None) -> None:
        """Show how far one of the window's long jobs is. Call it again as it goes on, and `end_job` at its end.

        Args:
            name: What is being done, as in "Exporting 40 photos"; tells the jobs apart.
            total: 0 while it is not known.
            cancel: Called once, when the user wants the job to end.
        """
        self.jobs.show_job(name, done, total, cancel)

    def end_job(self, name: str) -> None:
        """The job is over, in whatever way. Safe to call for one that is not shown."""
        self.jobs.end_job(name)

    def show_photos(self, count: int) -> None:
        self._photos.setText(wording.photos(count))

    def show_problems(self, count: int) -> None:
        self.problems_button.setText("1 file cannot be read" if count == 1 else f"{count:,} files cannot be read")
        self.problems_button.setVisible(count > 0)

    def _name_pause(self) -> None:
        name, mark = ("Go on", "play") if self._paused else ("Pause", "pause")
        self.pause_button.setIcon(icon(mark, self._theme.colors.text, 16))
        self.pause_button.setToolTip(name)
        self.pause_button.setAccessibleName(name)


def describe(progress: Progress) -> str:
    """One line in the user's words."""
    match progress.activity:
        case Activity.IDLE:
            return ""
        case Activity.LOADING_MODEL:
            return "Loading the model…"
        case Activity.PAUSED:
            left = progress.total - progress.done
            return f"Paused, {left:,} to go" if left > 0 else "Paused"
        case Activity.STOPPED:
            return f"Stopped: {progress.detail}" if progress.detail else "Stopped"
        case _:
            return " · ".join(_counted(progress))


def _counted(progress: Progress) -> list[str]:
    what = _COUNTED[progress.activity]
    parts = [f"{what} {progress.done:,} of {progress.total:,}" if progress.total else f"{what}…"]
    if progress.rate > 0:
        parts.append(f"{progress.rate:.0f} photos/s" if progress.rate >= 10 else f"{progress.rate:.1f} photos/s")
    if progress.eta_s is not None:
        parts.append(f"{duration(progress.eta_s)} left")
    if progress.throttled:
        parts.append("gently")
    return parts


def duration(seconds: float) -> str:
    """Rounded as people say it: "20 s", "5 min", "2 h 10 min"."""
    if seconds < 60:
        return f"{max(1, round(seconds))} s"
    minutes = round(seconds / 60)
    return f"{minutes} min" if minutes < 60 else f"{minutes // 60} h {minutes % 60} min"
