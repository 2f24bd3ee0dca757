"""The panel that adapts search: what it offers, when it does not, and a real adaptation in a process of its own."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from PySide6.QtCore import Qt

from core.errors import TrainingError
from desktop.adapting.adapt_curves import SCORE
from desktop.adapting.adapt_panel import RECIPE, TOO_FEW, AdaptPanel
from desktop.adapting.adapt_words import GAINED, MAYBE, NOTHING
from desktop.training.history import History
from desktop.training.outcome_panel import Choice
from desktop.training.request import Request
from desktop.training.unfinished import can_go_on
from desktop.training.work import LabelSummary, count_labels
from tests.desktop.adapted_home import ENCODER, open_adapted_home
from tests.desktop.training_stage import PROCESS_MS, TrainingStage
from tests.trainer.contrastive.tiny_adaptation import tiny_config, write_home
from trainer.events import EpochDone
from trainer.runs.run_folder import RunFolder

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pytestqt.qtbot import QtBot

    from core.library import Library
    from desktop.theme import Theme

LEFT = Qt.MouseButton.LeftButton


def summary(**heads: dict[str, int]) -> LabelSummary:
    return LabelSummary(100, max(sum(values.values()) for values in heads.values()), heads)


@pytest.fixture
def panel(theme: Theme, qtbot: QtBot) -> AdaptPanel:
    panel = AdaptPanel(theme)
    qtbot.addWidget(panel)
    panel.show()
    return panel


@pytest.fixture
def stage(tmp_path: Path, theme: Theme, qtbot: QtBot) -> Iterator[TrainingStage]:
    """48 drawn photos, labelled by colour, and a model of one layer that answers."""
    (tmp_path / "small").mkdir()
    home = write_home(tmp_path / "small")
    library = open_adapted_home(home, home.parent / "photos")
    label_by_folder(library)
    stage = TrainingStage(library, theme, qtbot)
    stage.page.train.estimate.ask = lambda request: None  # type: ignore[method-assign]  # a process for itself
    stage.show()
    yield stage
    stage.close()


def label_by_folder(library: Library) -> None:
    for photo in library.photos(library.all_photos()):
        library.labels.set([photo.id], "class", photo.path.parent.name)


def test_too_few_labels_are_said_and_nothing_is_offered(panel: AdaptPanel) -> None:
    panel.allow(True)
    assert panel.why_not == TOO_FEW
    for few in ({"cat": 9, "dog": 30}, {"cat": 40}):
        panel.show_summary(summary(**{"class": few}))
        panel.allow(True)
        assert not panel.start_button.isEnabled()
        assert panel.why_not == TOO_FEW
        assert not panel.heads.isVisible()
    panel.show_summary(summary(**{"class": {"cat": 10, "dog": 30}}))
    panel.allow(True)
    assert panel.start_button.isEnabled()
    assert panel.why_not == ""
    panel.allow(False, "One training at a time")
    assert not panel.start_button.isEnabled()
    assert panel.start_button.toolTip() == "One training at a time"


def test_what_the_user_chooses_stands_in_the_request(panel: AdaptPanel) -> None:
    panel.show_summary(summary(**{"class": {"cat": 12, "dog": 30}, "color": {"red": 20, "blue": 11}, "size": {"s": 9}}))
    assert [panel.heads.itemText(place) for place in range(panel.heads.count())] == [
        "Class: 2 labels, 42 photos",
        "Colour: 2 labels, 31 photos",
    ]
    assert panel.request == Request(RECIPE)
    told: list[None] = []
    panel.request_changed.connect(lambda: told.append(None))
    panel.heads.setCurrentIndex(1)
    panel.trained.setCurrentIndex(panel.trained.findData("lora"))
    panel.strength.setCurrentIndex(1)
    panel.epochs.setValue(3)
    panel.show_model("starter, adapted 2026-11-21")
    assert len(told) == 5
    assert panel.request.assignments == (
        "head=color",
        "encoder=starter, adapted 2026-11-21",
        "trained=lora",
        "phases.0.epochs=3",
        "phases.0.lr=3e-05",
    )
    from trainer.overrides import with_overrides
    from trainer.recipe_book import recipe

    with_overrides(recipe(RECIPE).config, panel.request.assignments)  # raises where a value does not fit


def test_its_rehearsal_follows_that_of_fine_tuning(stage: TrainingStage) -> None:
    train = stage.page.train
    asked: list[Request] = []
    train.estimate.ask = asked.append  # type: ignore[method-assign]
    train.adapting.epochs.setValue(2)
    assert asked == [train.recipe.request]
    train.estimate.known.emit(train.recipe.request, 40.0)
    assert asked[1:] == [train.alike.request]
    train.estimate.known.emit(train.alike.request, 20.0)
    assert train.alike.estimate == "About 20 s on this computer."
    assert asked[2:] == [train.adapting.request]
    train.estimate.known.emit(train.adapting.request, 130.0)
    assert train.adapting.estimate == "About 2 min on this computer."
    train.estimate.refused.emit(train.adapting.request, TrainingError("No pairs.", remedy="Label more."))
    assert train.adapting.estimate == "No pairs. Label more."


def test_the_panel_adapts_the_model_that_answers(stage: TrainingStage, qtbot: QtBot) -> None:
    train, course = stage.page.train, stage.page.train.course
    qtbot.waitUntil(lambda: train.summary == count_labels(stage.library), timeout=20_000)
    assert train.adapting.request.assignments == (f"encoder={ENCODER}",)
    train.adapting.epochs.setValue(1)
    qtbot.mouseClick(train.adapting.start_button, LEFT)
    assert course.is_busy
    assert not train.adapting.isVisible()
    qtbot.waitUntil(lambda: Choice.REPORT in course.outcome.buttons, timeout=PROCESS_MS)
    assert course.outcome.title in (GAINED, MAYBE, NOTHING)
    assert train.adapting.isVisible()
    curves = course.run_panel.history.score_curves()
    assert curves.title == SCORE
    assert [len(each.values) for each in curves.series] == [1, 1, 1]
    assert "MAP@R" in course.run_panel.log.toPlainText()
    assert stage.what("job_ended") == [("Training",)]
    assert course.run is not None
    assert (course.run / "report.html").is_file()
    course.start(Request(RECIPE, ("encoder=nowhere",)))
    qtbot.waitUntil(lambda: not course.process.is_running, timeout=PROCESS_MS)
    assert "nowhere" in course.outcome.lines[0]
    assert Choice.USE_FOR_SEARCH not in course.outcome.buttons
    qtbot.mouseClick(course.outcome.buttons[Choice.DISMISS], LEFT)
    assert not course.outcome.isVisible()
    assert stage.errors == []


def test_an_adaptation_that_was_interrupted_can_go_on(tmp_path: Path) -> None:
    folder = RunFolder.create(tmp_path, "adaptation")
    folder.config.write_text(tiny_config().model_dump_json(), encoding="utf-8")
    assert not can_go_on(folder)
    folder.data.write_text("{}", encoding="utf-8")
    assert can_go_on(folder)


def test_the_curves_of_a_tagger_stay_those_of_a_tagger() -> None:
    history = History()
    history.take(EpochDone("all", 0, 2, {"class loss": 1.0}, {"class": {"accuracy": 0.5}}, 0.5, 1.0))
    assert history.score_curves().title != SCORE
    adapted = History()
    figures = {"photos": {"MAP@R": 0.4, "R@1": 0.6}, "names": {"mAP": 0.8}}
    line = adapted.take(EpochDone("tower", 0, 2, {"loss": 3.0}, figures, 0.4, 1.0))
    assert line == "Epoch 1 of 2: loss 3.000, MAP@R 40%, R@1 60%, mAP 80% (1 s)"
    assert [each.values for each in adapted.loss_curves().series] == [(3.0,)]
