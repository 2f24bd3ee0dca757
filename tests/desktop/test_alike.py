"""Learning what is alike in the window: the card, a real training in a process of its own, what came of it, use and way
back, and what is said where that does not go."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from PySide6.QtCore import Qt

from core.library import Library
from core.projections import Standing
from desktop.adapting.adapt_curves import SCORE
from desktop.adapting.adapt_words import CHANCE
from desktop.alike.alike_outcome import ALONE, IN_USE, IN_USE_LINES
from desktop.alike.alike_panel import RECIPE, TOO_FEW, AlikePanel
from desktop.alike.alike_words import GAINED, LOST, MAYBE, MIXED, MODEL_ALONE, NO_GAIN, NOTHING, PIXELS
from desktop.alike.alike_work import InUse, read_choices, read_in_use, title_of
from desktop.dialogs.settings import Section
from desktop.reports.overview_part import NO_FIGURES
from desktop.reports.report_view import ReportView
from desktop.reports.run_actions import EXPORT, fits
from desktop.reports.run_rows import IN_USE as ROW_IN_USE
from desktop.reports.run_rows import read_listing, row_of
from desktop.training.outcome_panel import Choice
from desktop.training.request import Request
from desktop.training.unfinished import find_unfinished
from desktop.training.work import LabelSummary
from tests.desktop.adapted_home import press
from tests.desktop.alike_home import other_run, run_in, set_figures, show_run, write_alike_home
from tests.desktop.training_stage import PROCESS_MS, TrainingStage

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pytestqt.qtbot import QtBot

    from core.models.clip import ClipEncoder
    from desktop.app import Session
    from desktop.theme import Theme

LEFT = Qt.MouseButton.LeftButton


@pytest.fixture(scope="module")
def learned_home(tmp_path_factory: pytest.TempPathFactory, starter: ClipEncoder) -> Path:
    return write_alike_home(tmp_path_factory.mktemp("alike"), starter)


@pytest.fixture
def stage(
    learned_home: Path, tmp_path: Path, theme: Theme, starter: ClipEncoder, qtbot: QtBot
) -> Iterator[TrainingStage]:
    """The page of training on a copy of that library, which has one run."""
    home = tmp_path / "home"
    shutil.copytree(learned_home, home)
    library = Library.open(home, encoder=starter)
    library.start()
    stage = TrainingStage(library, theme, qtbot)
    stage.page.train.estimate.ask = lambda request: None  # type: ignore[method-assign]  # a process for itself
    stage.show()
    qtbot.waitUntil(lambda: bool(stage.page.train.alike.standing), timeout=20_000)
    yield stage
    stage.close()


@pytest.fixture
def run(stage: TrainingStage) -> Path:
    return run_in(stage.library.paths.home)


@pytest.fixture
def panel(theme: Theme, qtbot: QtBot) -> AlikePanel:
    panel = AlikePanel()
    qtbot.addWidget(panel)
    panel.show()
    return panel


def summary(**heads: dict[str, int]) -> LabelSummary:
    return LabelSummary(100, max(sum(values.values()) for values in heads.values()), heads)


class TestTheCard:
    def test_says_what_is_missing(self, panel: AlikePanel) -> None:
        for few in ({"cat": 30, "dog": 30}, {"cat": 30, "dog": 30, "cow": 9}):
            panel.show_summary(summary(**{"class": few}))
            panel.allow(True)
            assert panel.why_not == TOO_FEW
            assert not panel.start_button.isEnabled()
            assert not panel.heads.isVisible()
        panel.show_summary(summary(**{"class": {"cat": 30, "dog": 30, "cow": 10}}))
        panel.allow(True)
        assert panel.why_not == ""
        assert panel.start_button.isEnabled()

    def test_learns_of_the_head_and_the_model_that_are_chosen(self, panel: AlikePanel) -> None:
        enough = {"a": 10, "b": 10, "c": 10}
        panel.show_summary(summary(**{"class": enough, "color": enough, "size": {"s": 9}}))
        assert panel.request == Request(RECIPE)
        told: list[None] = []
        panel.request_changed.connect(lambda: told.append(None))
        assert panel.heads.count() == 2
        panel.heads.setCurrentIndex(1)
        panel.show_model("larger")
        assert panel.request.assignments == ("head=color", "encoder=larger")
        assert len(told) == 2

    def test_says_what_is_in_use(self, panel: AlikePanel) -> None:
        title = "learned from your labels, 21 November 2026, 14:32"
        run = Path("run")
        for standing, said, offered in (
            (Standing.NONE, MODEL_ALONE, (False, False)),
            (Standing.ORDERS, f"In use now: {title}.", (True, True)),
            (Standing.LOST, LOST, (False, True)),
        ):
            panel.show_in_use(InUse(standing, run, title))
            assert panel.standing == said
            assert (panel.gave_button.isVisible(), panel.back_button.isVisible()) == offered
        panel.show_in_use(InUse(Standing.OF_ANOTHER_MODEL, run, title))
        assert "of another model" in panel.standing
        wanted: list[Path] = []
        panel.outcome_wanted.connect(wanted.append)
        panel.gave_button.click()
        assert wanted == [run]


def test_it_learns_is_used_and_taken_back(stage: TrainingStage, run: Path, qtbot: QtBot) -> None:
    library, train, course = stage.library, stage.page.train, stage.page.train.course
    assert train.alike.standing == MODEL_ALONE
    train.alike.heads.setCurrentIndex(train.alike.heads.findData("shape"))
    qtbot.mouseClick(train.alike.start_button, LEFT)
    assert course.is_busy
    assert not train.alike.isVisible()
    qtbot.waitUntil(lambda: Choice.REPORT in course.outcome.buttons, timeout=PROCESS_MS)
    assert course.outcome.title in (GAINED, MAYBE, MIXED, NOTHING)
    assert any(line.startswith("Labels that it never saw (1 label, 24 photos)") for line in course.outcome.lines)
    assert train.alike.isVisible()
    curves = course.run_panel.history.score_curves()
    assert curves.title == SCORE
    assert [bool(each.values) for each in curves.series] == [True, True]
    assert "MAP@R" in course.run_panel.log.toPlainText()
    assert library.settings.projection == "", "nothing is used that the user has not chosen"
    learned = course.alike.run
    assert learned is not None
    assert learned != run
    press(stage, next(each for each in (Choice.USE, Choice.USE_ANYWAY) if each in course.outcome.buttons))
    qtbot.waitUntil(lambda: course.outcome.title == IN_USE, timeout=20_000)
    assert library.projection_standing() is Standing.ORDERS
    assert title_of(learned).startswith("learned from your labels (shape), ")
    qtbot.waitUntil(lambda: train.alike.standing == f"In use now: {title_of(learned)}.", timeout=20_000)
    row = row_of(next(each for each in read_listing(library).entries if each.path == learned))
    assert row.cells[3].text == ROW_IN_USE
    assert row.cells[4].text.startswith("more like this: ")
    press(stage, Choice.REPORT)
    assert stage.what("report_wanted") == [(learned,)]
    press(stage, Choice.MODEL_ALONE)
    qtbot.waitUntil(lambda: course.outcome.title == ALONE, timeout=20_000)
    assert library.settings.projection == ""
    qtbot.waitUntil(lambda: train.alike.standing == MODEL_ALONE, timeout=20_000)
    assert stage.errors == []


@pytest.mark.parametrize(
    ("unseen", "seen", "title", "offered"),
    [
        ((0.4, 0.6), (0.5, 0.5), GAINED, Choice.USE),
        ((0.4, 0.43), (0.5, 0.5), MAYBE, Choice.USE),
        ((0.4, 0.6), (0.5, 0.4), MIXED, Choice.USE_ANYWAY),
        ((0.4, 0.402), (0.5, 0.5), NOTHING, Choice.USE_ANYWAY),
        ((0.4, 0.3), (0.5, 0.4), NOTHING, Choice.USE_ANYWAY),
    ],
)
def test_it_is_said_as_it_is(
    stage: TrainingStage,
    run: Path,
    unseen: tuple[float, float],
    seen: tuple[float, float],
    title: str,
    offered: Choice,
) -> None:
    set_figures(run, seen=seen, unseen=unseen)
    show_run(stage, run)
    outcome = stage.page.train.course.outcome
    assert outcome.title == title
    assert next(iter(outcome.buttons)) is offered
    assert (CHANCE in outcome.lines) is (title == MAYBE)
    assert (NO_GAIN in outcome.lines) is (title == NOTHING)
    before, after = (f"{value:.0%}" for value in unseen)
    said = f"{after}, as before" if before == after else f"{after}, {before} before"
    assert any(line.startswith("Labels that it never saw (2 labels, 24 photos)") and said in line
               for line in outcome.lines)  # fmt: skip


def test_what_was_learned_of_another_model_waits_for_it(stage: TrainingStage, run: Path, qtbot: QtBot) -> None:
    library, train = stage.library, stage.page.train
    library.change_settings(projection=run.name)
    file = run / "projection" / "projection.json"
    document = json.loads(file.read_text(encoding="utf-8"))
    file.write_text(json.dumps(document | {"encoder_key": "another:1:2"}), encoding="utf-8")
    row = row_of(next(each for each in read_listing(library).entries if each.path == run))
    assert row.cells[3].text != ROW_IN_USE
    show_run(stage, run)
    outcome = train.course.outcome
    assert "another model answers now" in outcome.lines[-1]
    assert list(outcome.buttons) == [Choice.MODEL_ALONE, Choice.REPORT, Choice.DISMISS]
    train.refresh()
    qtbot.waitUntil(lambda: "of another model" in train.alike.standing, timeout=20_000)
    qtbot.mouseClick(train.alike.back_button, LEFT)
    qtbot.waitUntil(lambda: train.alike.standing == MODEL_ALONE, timeout=20_000)
    assert library.settings.projection == ""
    qtbot.waitUntil(lambda: list(outcome.buttons) == [Choice.REPORT, Choice.DISMISS], timeout=20_000)
    assert "another model answers now" in outcome.lines[-1]  # and nothing offers what would be refused
    train.course.alike.use(run)
    qtbot.waitUntil(lambda: outcome.title == "It cannot be used", timeout=20_000)
    assert library.settings.projection == ""


def test_what_is_chosen_elsewhere_is_said_where_the_outcome_stands(
    stage: TrainingStage, run: Path, qtbot: QtBot
) -> None:
    library, train = stage.library, stage.page.train
    show_run(stage, run)
    outcome = train.course.outcome
    assert Choice.MODEL_ALONE not in outcome.buttons
    library.change_settings(projection=run.name)
    train.note_order()
    qtbot.waitUntil(lambda: Choice.MODEL_ALONE in outcome.buttons, timeout=20_000)
    assert outcome.lines[-1] == IN_USE_LINES[0]
    press(stage, Choice.MODEL_ALONE)
    qtbot.waitUntil(lambda: outcome.title == ALONE, timeout=20_000)
    library.change_settings(projection=run.name)
    stage.bridge.encoder_changed.emit("")  # says nothing of the order, and is a reason to look
    qtbot.waitUntil(lambda: Choice.MODEL_ALONE in outcome.buttons, timeout=20_000)
    qtbot.waitUntil(lambda: train.alike.standing.startswith("In use now"), timeout=20_000)


def test_a_run_that_is_deleted_while_it_is_in_use_is_told(stage: TrainingStage, run: Path, qtbot: QtBot) -> None:
    library, train = stage.library, stage.page.train
    library.change_settings(projection=run.name)
    show_run(stage, run)
    assert next(iter(train.course.outcome.buttons)) is Choice.MODEL_ALONE
    photo = library.all_photos()[0]
    assert library.search(f"photo:{photo}").note is None
    shutil.rmtree(run)
    train.forget(run)
    assert not train.course.outcome.isVisible()
    qtbot.waitUntil(lambda: train.alike.standing == LOST, timeout=20_000)
    assert "Ordered by the model alone" in (library.search(f"photo:{photo}").note or "")
    began = f"{run.name[:4]}, {run.name[11:13]}:{run.name[13:15]}"
    ((label, value),) = read_choices(library)
    assert label.startswith("Learned from your labels, ")
    assert label.endswith(f"{began}: deleted")
    assert value == run.name


def test_a_search_is_answered_anew_when_something_else_orders(session: Session, qtbot: QtBot) -> None:
    window, library = session.window, session.library
    library.change_settings(projection="gone")
    window.search_for(f"photo:{library.all_photos()[0]}")
    line = window.gallery.results_line
    qtbot.waitUntil(lambda: "Ordered by the model alone" in line.text, timeout=20_000)
    window.dialogs.settings.open_at(Section.SEARCH)
    box = window.dialogs.settings.search.projection
    qtbot.waitUntil(lambda: box.currentText() == "Gone: deleted", timeout=20_000)
    qtbot.keyClick(box, Qt.Key.Key_Up)
    qtbot.waitUntil(lambda: "Ordered by the model alone" not in line.text, timeout=20_000)
    assert library.settings.projection == ""


def test_a_run_that_says_nothing_is_not_offered(stage: TrainingStage, run: Path) -> None:
    outcome = stage.page.train.course.outcome
    (run / "metrics.json").write_text("{", encoding="utf-8")
    show_run(stage, run)
    assert outcome.title == "Learned, but not measured"
    assert list(outcome.buttons) == [Choice.REPORT, Choice.DISMISS]


def test_a_network_on_pixels_orders_nothing_in_the_window(stage: TrainingStage, run: Path) -> None:
    shutil.rmtree(run / "projection")
    show_run(stage, run)
    outcome = stage.page.train.course.outcome
    assert outcome.lines[0] == PIXELS
    assert list(outcome.buttons) == [Choice.REPORT, Choice.DISMISS]
    (entry,) = [each for each in read_listing(stage.library).entries if each.path == run]
    assert not entry.can_be_used


def test_its_report_says_what_it_gave(stage: TrainingStage, run: Path, theme: Theme, qtbot: QtBot) -> None:
    view = ReportView(stage.library, stage.tasks, theme)
    qtbot.addWidget(view)
    set_figures(run, seen=(0.5, 0.5), unseen=(0.4, 0.6))
    view.show_run(run)
    qtbot.waitUntil(lambda: view.report is not None, timeout=20_000)
    said = view.overview.summary.text().splitlines()
    assert said[0].startswith("Labels that it never saw (2 labels, 24 photos)")
    assert said[0].endswith("(MAP@R): 60%, 40% before.")
    (run / "metrics.json").unlink()
    view.show_run(run)
    qtbot.waitUntil(lambda: view.overview.summary.text() == NO_FIGURES, timeout=20_000)


def test_in_the_list_of_runs_it_can_be_used_and_is_no_tagger(stage: TrainingStage, run: Path) -> None:
    (entry,) = [each for each in read_listing(stage.library).entries if each.path == run]
    assert entry.can_be_used
    assert entry.is_of_search
    assert not fits(EXPORT, [entry])


def test_a_training_that_fails_says_why(stage: TrainingStage, qtbot: QtBot) -> None:
    train = stage.page.train
    train.course.start(Request(RECIPE, ("encoder=nowhere",)))
    qtbot.waitUntil(lambda: not train.course.process.is_running, timeout=PROCESS_MS)
    assert "nowhere" in train.course.outcome.lines[0]
    assert Choice.USE not in train.course.outcome.buttons
    assert stage.library.settings.projection == ""


def test_one_that_the_closing_window_stopped_can_go_on(stage: TrainingStage, run: Path, qtbot: QtBot) -> None:
    course = stage.page.train.course
    course.start(Request(RECIPE, ("phases.0.epochs=300", "early_stopping_epochs=null")))
    qtbot.waitUntil(lambda: bool(course.run_panel.history.done), timeout=PROCESS_MS)
    stopped = course.process.run
    course.stop()
    assert not course.is_busy
    left = find_unfinished(run.parent)
    assert left is not None
    assert left.path == stopped
    course.look_for_unfinished()
    qtbot.waitUntil(lambda: Choice.GO_ON in course.outcome.buttons, timeout=20_000)
    assert course.run == stopped
    assert stage.errors == []


def test_choices_are_named_after_their_day_and_told_apart(stage: TrainingStage, run: Path) -> None:
    library = stage.library
    assert read_in_use(library) == InUse(Standing.NONE)
    label = f"L{title_of(run)[1:]}"
    assert read_choices(library) == [(label, run.name)]
    assert title_of(run).startswith("learned from your labels, ")
    assert run.name[:4] in title_of(run)
    other = other_run(run, f"{run.name}-2")
    assert sorted(read_choices(library)) == sorted(
        [(f"{label} ({run.name})", run.name), (f"{label} ({other.name})", other.name)]
    )
