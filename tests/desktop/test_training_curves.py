"""Curves, what a run tells, and the verdict in words: no process, no library."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QColor, QImage

from desktop.training.curve_view import Curves, CurveView, Mark, Series, epoch_ticks, value_range
from desktop.training.history import History
from desktop.training.options_form import OptionsForm
from desktop.training.verdict_words import EVENER, said
from trainer.events import EpochDone, Note, PhaseStarted, Prepared, StepDone
from trainer.promotion.judge import HeadVerdict, Verdict
from trainer.recipe_book import recipe

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pytestqt.qtbot import QtBot

    from desktop.theme import Theme

CURVES = Curves(
    "Right", (Series("F1", (0.2, 0.5, None, 0.9)), Series("accuracy", (0.3, 0.4, 0.5, 0.6), "text")),
    (Mark(0, "heads"), Mark(2, "all")), epochs=8, as_percent=True,
)  # fmt: skip


@pytest.fixture
def view(theme: Theme, qtbot: QtBot) -> Iterator[CurveView]:
    view = CurveView(theme, "Right")
    qtbot.addWidget(view)
    view.resize(480, 260)
    view.show_curves(CURVES)
    view.show()
    qtbot.waitExposed(view)
    yield view
    theme.choose("light")


def picture_of(view: CurveView) -> QImage:
    """What lies between the axes."""
    return view.grab(view._area().toRect().adjusted(1, 0, 0, 0)).toImage()


def count(image: QImage, color: str) -> int:
    wanted = QColor(color).rgb()
    return sum(image.pixel(x, y) == wanted for x in range(image.width()) for y in range(image.height()))


def test_curves_are_drawn_in_the_colours_of_the_theme(view: CurveView, theme: Theme) -> None:
    light = picture_of(view)
    assert count(light, theme.colors.accent) > 80
    theme.choose("dark")
    dark = picture_of(view)
    assert count(dark, theme.colors.accent) > 80
    assert dark != light


def test_without_values_there_are_axes_and_words(view: CurveView, theme: Theme) -> None:
    view.show_curves(Curves("Loss", (Series("training", ()),)))
    assert count(picture_of(view), theme.colors.accent) == 0
    assert count(picture_of(view), theme.colors.border) > 500
    assert view.accessibleDescription() == "Loss: no epoch is done yet."


def test_who_cannot_see_them_hears_the_last_values(view: CurveView) -> None:
    assert view.accessibleDescription() == "Right after 4 of 8 epochs: F1 90%, accuracy 60%."


def test_values_stand_under_the_mouse_and_under_the_keys(view: CurveView, qtbot: QtBot) -> None:
    qtbot.mouseMove(view, QPoint(round(view._x(1)), 120))
    qtbot.waitUntil(lambda: view.epoch == 1)
    assert view.values_at(1) == "Epoch 2\nF1: 50%\naccuracy: 40%"
    assert view.values_at(2) == "Epoch 3\naccuracy: 50%"
    view.setFocus()
    qtbot.keyClick(view, Qt.Key.Key_Right)
    assert view.epoch == 2
    qtbot.keyClick(view, Qt.Key.Key_Left)
    assert view.epoch == 1
    qtbot.mouseMove(view, QPoint(470, 120))
    qtbot.waitUntil(lambda: view.epoch == 3)  # the last one that is done, and none that is to come


@pytest.mark.parametrize(
    ("values", "percent", "wanted"),
    [([], True, (0.0, 1.0)), ([0.93, 0.97], True, (0.8, 1.0)), ([2.3, 0.4], False, (0.0, 4.0)), ([], False, (0.0, 1.2)),
     ([0.0], False, (0.0, 1.2)), ([1234.0], False, (0.0, 2000.0))],
)  # fmt: skip
def test_the_axis_has_room_for_all_values(values: list[float], percent: bool, wanted: tuple[float, float]) -> None:
    assert value_range(values, as_percent=percent) == pytest.approx(wanted)


def test_few_epochs_have_names_below_the_axis() -> None:
    assert epoch_ticks(4) == [0, 1, 2, 3]
    assert epoch_ticks(30) == [0, 4, 9, 14, 19, 24, 29]
    assert len(epoch_ticks(1000)) <= 9


def epoch(number: int, accuracy: float, phase: str = "all") -> EpochDone:
    metrics = {"accuracy": accuracy, "weighted f1": accuracy, "macro f1": accuracy, "loss": 1.0, "photos": 9.0}
    validation = {"class": metrics, "color": {**metrics, "accuracy": 0.5}}
    return EpochDone(phase, number, 3, {"loss": 2.5, "class loss": 2.0, "color loss": 1.0}, validation, accuracy, 1.5)


def test_history_follows_a_run() -> None:
    history = History()
    config = {"phases": [{"epochs": 1}, {"epochs": 2}]}
    line = history.take(Prepared("run", config, {"photos": 20, "splits": {"train": 16, "validation": 4}}, 95.0))
    assert line == "20 photos (16 train, 4 validation), on cpu in float32, about 2 min"
    assert history.status("full") == "Beginning… · about 2 min"
    history.take(PhaseStarted("heads", 0, 1, 0, frozen=True))
    history.take(StepDone(2, 12, 0, 2.0, 0.1, 30.2, 61.0))
    assert history.status("full") == "Epoch 1 of 3 · 30 photos/s · 1 min left"
    assert history.status("gentle").endswith("gently")
    assert history.status("paused") == "Epoch 1 of 3 · paused"
    assert history.share == pytest.approx(2 / 12)
    assert history.take(epoch(0, 0.25, "heads")) == "Epoch 1 of 3: loss 2.500, class 25% right, color 50% right (2 s)"
    history.take(PhaseStarted("all", 1, 2, 1, frozen=False))
    history.take(epoch(1, 0.75))
    scores = history.score_curves()
    assert [each.values for each in scores.series] == [(0.25, 0.75), (0.25, 0.75), (0.5, 0.5)]
    assert scores.marks == (Mark(0, "heads"), Mark(1, "all"))
    assert scores.epochs == 3
    training, held_out = history.loss_curves().series
    assert (training.values, held_out.values) == ((2.0, 2.0), (1.0, 1.0))


def test_a_run_that_goes_on_keeps_its_curves() -> None:
    history = History()
    history.replay([PhaseStarted("heads", 0, 1, 0, frozen=True), epoch(0, 0.25), Note("old")])
    history.take(PhaseStarted("all", 1, 2, 1, frozen=False))
    history.take(epoch(1, 0.5))
    assert history.score_curves().series[0].values == (0.25, 0.5)
    assert history.share is None


def verdict(*, better: bool, p: float = 0.01, **changes: object) -> Verdict:
    first = HeadVerdict(53, 0.92 if better else 0.75, 0.81, 0.9, 0.8, 9, 3, p, 0)
    color = HeadVerdict(40, 0.5, 0.25, 0.5, 0.25, 10, 0, 0.2, 0)
    values: dict = {"heads": {"class": first, "color": color}, **changes}
    return Verdict(
        better, "class: 40 of 53 held-out photos right. It is clearly worse in color.", "test", 53, p, **values
    )


def test_the_verdict_speaks_plainly() -> None:
    better = said(verdict(better=True))
    assert better.title == "Better"
    assert better.lines[0] == "92% right instead of 81%, of 53 photos that it had not learned from."
    assert better.lines[1] == "Colour: 50% instead of 25% of 40 photos."
    assert "chance" in said(verdict(better=True, p=0.4)).lines[1]
    worse = said(verdict(better=False, flatters_live=True))
    assert worse.title == "Not better"
    assert worse.lines[0].startswith("75% right instead of 81%")  # the reason counts the same, and is not repeated
    assert worse.lines[1] == "It is clearly worse in color."
    assert "flatters" in worse.lines[2]
    even = HeadVerdict(53, 0.81, 0.81, 0.9, 0.8, 3, 3, 1.0, 0)
    tied = said(verdict(better=True, p=1.0, heads={"class": even}))
    assert tied.title == "A little better"
    assert tied.lines == ("81% right, as before, of 53 photos that it had not learned from.", EVENER)
    nothing = Verdict(False, "Only 4 photos held out: too few to tell whether it is better.", "validation", 4, None)
    assert said(nothing).lines == (nothing.reason,)


def test_options_say_only_what_was_changed(qtbot: QtBot) -> None:
    form = OptionsForm()
    qtbot.addWidget(form)
    config = recipe("starter-finetune").config
    form.show_recipe(config)
    assert form.assignments == ()
    form.box("phases.1.epochs").setValue(7)
    form.box("validation_fraction").setValue(25)
    form.box("seed").setValue(3)
    assert form.assignments == ("phases.1.epochs=7", "validation_fraction=0.25", "seed=3")
    form.show_recipe(recipe("mobilevit-xxs-balanced").config)
    assert form.assignments == ()
