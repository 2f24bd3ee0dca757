"""The page of training on a real library: labels, their check, teaching, and what leads out of the page."""

from __future__ import annotations

import json
from threading import Event
from typing import TYPE_CHECKING, Any

import pytest
from PySide6.QtCore import Qt

from core.errors import DiskFullError, ModelError
from core.events import ProgressChanged
from core.models.taggers.loaded import VectorTagger
from core.tags.values import TagSource
from core.types import Activity, Progress
from desktop.training.arrival import PAUSED, UNTIL_IT_CAN
from desktop.training.outcome_panel import Choice
from desktop.training.teach_panel import FOLLOWED, NOT_YET, STAYS
from desktop.training.work import count_labels
from tests.core.tags.checkpoints import pixel_checkpoint
from tests.desktop.indexed_library import index
from tests.desktop.test_accessibility import nameless, unreachable
from tests.desktop.training_stage import TrainingStage
from tests.trainer.tiny_library import label_by_name, make_coloured_photos
from trainer.data.checks import FindingKind
from trainer.promotion.judge import judge, promote
from trainer.teach.lesson_runs import teach_library

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from pytestqt.qtbot import QtBot

    from core.library import Library
    from core.tags.values import TaggerInfo
    from desktop.theme import Theme
    from tests.photo_maker import PhotoMaker

LEFT = Qt.MouseButton.LeftButton


@pytest.fixture
def stage(library: Library, theme: Theme, make_photo: PhotoMaker, qtbot: QtBot) -> Iterator[TrainingStage]:
    """36 photos of three colours, none labelled."""
    make_coloured_photos(make_photo, 12)
    index(library, make_photo.folder)
    stage = TrainingStage(library, theme, qtbot)
    stage.show()
    yield stage
    stage.close()


@pytest.fixture
def labelled(stage: TrainingStage) -> TrainingStage:
    label_by_name(stage.library)
    stage.qtbot.waitUntil(lambda: stage.page.train.summary == count_labels(stage.library), timeout=20_000)
    return stage


def test_without_labels_the_page_says_how_to_begin(stage: TrainingStage, qtbot: QtBot) -> None:
    train = stage.page.train
    assert train.empty.isVisible()
    assert not train.recipe.isVisible()
    qtbot.mouseClick(train.empty.button, LEFT)
    qtbot.mouseClick(train.empty.other_button, LEFT)
    assert (len(stage.what("labelling_wanted")), len(stage.what("labels_wanted"))) == (1, 1)


def test_one_kind_is_nothing_to_tell_apart(stage: TrainingStage) -> None:
    label_by_name(stage.library, lambda name: name.startswith("red circle"))
    train = stage.page.train
    stage.qtbot.waitUntil(lambda: train.labels.isVisible(), timeout=20_000)
    assert "another kind" in train.labels.lead
    assert not train.recipe.start_button.isEnabled()
    assert not train.teaching.teach_button.isEnabled()


def test_labels_are_counted_as_they_change(labelled: TrainingStage) -> None:
    train = labelled.page.train
    assert train.summary is not None
    assert train.summary.heads["class"] == {"red": 12, "blue": 12, "green": 12}
    assert list(train.summary.heads) == ["class", "shape"]
    assert train.labels.lead == "36 photos of 36 are labelled."
    assert train.labels.bars[0].accessibleDescription() == "blue: 12 photos, green: 12 photos, red: 12 photos"
    labelled.library.labels.clear([labelled.library.labels.labelled()[0].photo_id], "shape")
    labelled.qtbot.waitUntil(lambda: train.summary is not None and train.summary.missing("shape") == 1, timeout=20_000)
    assert train.recipe.start_button.isEnabled()


def test_the_check_finds_what_is_wrong_and_leads_to_it(labelled: TrainingStage, qtbot: QtBot) -> None:
    wrong = next(each.photo_id for each in labelled.library.labels.labelled() if each.path.name == "red circle 0.jpg")
    labelled.library.labels.set([wrong], "class", "blue")
    checks = labelled.page.train.checks
    qtbot.mouseClick(checks.check_button, LEFT)
    assert checks.is_checking
    qtbot.waitUntil(lambda: not checks.is_checking, timeout=60_000)
    assert labelled.what("job_ended") == [("Checking the labels",)]
    row = next(each for each in checks.rows if each.finding.kind is FindingKind.LIKELY_WRONG)
    assert wrong in row.ids
    qtbot.mouseClick(row.show_button, LEFT)
    assert labelled.what("photos_wanted") == [(row.ids, "Class: likely wrong")]
    qtbot.mouseClick(row.review_button, LEFT)
    assert labelled.what("review_wanted") == [(row.finding,)]
    labelled.library.labels.clear([wrong])
    qtbot.waitUntil(lambda: "changed" in checks.lead, timeout=20_000)


def test_the_check_can_be_cancelled(labelled: TrainingStage, qtbot: QtBot) -> None:
    checks = labelled.page.train.checks
    qtbot.mouseClick(checks.check_button, LEFT)
    qtbot.mouseClick(checks.cancel_button, LEFT)
    assert not checks.is_checking
    assert checks.rows == []
    assert checks.check_button.isVisible()


def test_teach_use_it_and_go_back(labelled: TrainingStage, qtbot: QtBot) -> None:
    train, library = labelled.page.train, labelled.library
    course = train.course
    qtbot.mouseClick(train.teaching.teach_button, LEFT)
    assert train.is_teaching
    qtbot.waitUntil(lambda: course.outcome.buttons.keys() >= {Choice.REPORT}, timeout=60_000)
    assert not train.is_teaching
    assert course.run is not None
    qtbot.mouseClick(course.outcome.buttons[Choice.REPORT], LEFT)
    assert labelled.what("report_wanted") == [(course.run,)]
    use = next(choice for choice in (Choice.USE, Choice.USE_ANYWAY) if choice in course.outcome.buttons)
    qtbot.mouseClick(course.outcome.buttons[use], LEFT)
    qtbot.waitUntil(lambda: course.outcome.title == "In use", timeout=60_000)
    assert [each.run for each in library.tags.taggers() if each.run] == [course.run.name]
    qtbot.waitUntil(lambda: next(each for each in library.tags.taggers() if each.run).live, timeout=60_000)
    qtbot.mouseClick(course.outcome.buttons[Choice.ROLL_BACK], LEFT)
    qtbot.waitUntil(lambda: course.outcome.title == "The tagger before is in use", timeout=60_000)
    assert not next(each for each in library.tags.taggers() if each.run).live
    assert labelled.errors == []


def test_it_learns_while_the_user_labels(stage: TrainingStage, qtbot: QtBot) -> None:
    train, library = stage.page.train, stage.library
    photos = {photo.path.name: photo.id for photo in library.photos(library.browse().ids)}
    for number in range(4):
        for colour in ("red", "blue"):
            library.labels.set([photos[f"{colour} {('circle', 'square')[number % 2]} {number}.jpg"]], "class", colour)
    qtbot.waitUntil(lambda: train.teaching.isVisible(), timeout=20_000)
    train.teaching.live_box.setChecked(True)
    qtbot.waitUntil(lambda: train.live.lesson is not None, timeout=60_000)
    assert train.teaching.live_text.startswith("Learned from 8 photos.")
    other = photos["blue square 7.jpg"]
    assert train.live.predictions([other])[other]["class"].label == "blue"
    library.labels.set([photos["green square 1.jpg"], photos["green square 3.jpg"]], "class", "green")
    qtbot.waitUntil(lambda: train.teaching.live_text.startswith("Learned from 10 photos."), timeout=60_000)
    assert (
        train.live.predictions([photos["green square 5.jpg"]])[photos["green square 5.jpg"]]["class"].label == "green"
    )
    qtbot.mouseClick(train.teaching.keep_button, LEFT)
    qtbot.waitUntil(lambda: Choice.REPORT in train.course.outcome.buttons, timeout=60_000)
    train.teaching.live_box.setChecked(False)
    assert not train.teaching.keep_button.isVisible()


def test_the_tags_follow_when_labelling_rests(labelled: TrainingStage, qtbot: QtBot) -> None:
    train, library = labelled.page.train, labelled.library
    train.live.rest_ms = 200
    with qtbot.waitSignal(train.live.followed, timeout=60_000) as told:
        train.teaching.live_box.setChecked(True)
    assert told.args == [True]
    assert train.teaching.followed_text == FOLLOWED
    qtbot.waitUntil(lambda: any(each.live and each.run for each in library.tags.taggers()), timeout=60_000)
    first = next(each for each in library.tags.taggers() if each.live and each.run)
    changed = library.labels.labelled()[0]
    with qtbot.waitSignal(train.live.followed, timeout=60_000) as told:
        library.labels.clear([changed.photo_id])
    assert told.args == [False]  # one label less tells nothing apart that was not told apart before
    assert train.teaching.followed_text == NOT_YET
    assert next(each for each in library.tags.taggers() if each.live and each.run) == first
    assert library.tags.of([changed.photo_id])[changed.photo_id]["class"].source is TagSource.MODEL
    assert labelled.errors == []


@pytest.mark.parametrize("failures", [1, 5])
def test_tags_that_could_not_follow_are_tried_once_more(
    labelled: TrainingStage, failures: int, monkeypatch: pytest.MonkeyPatch, qtbot: QtBot
) -> None:
    train = labelled.page.train
    train.live.rest_ms = 200
    judged: list[object] = []

    def judge_later(*arguments: Any, **more: Any) -> object:
        judged.append(arguments)
        if len(judged) <= failures:
            raise DiskFullError("No space is left.")
        return judge(*arguments, **more)

    monkeypatch.setattr("trainer.promotion.judge.judge", judge_later)
    followed: list[object] = []
    train.live.followed.connect(followed.append)
    train.teaching.live_box.setChecked(True)
    qtbot.waitUntil(lambda: len(judged) == 2 and not train.live.is_busy, timeout=60_000)
    qtbot.wait(600)
    assert len(judged) == 2
    assert followed == ([True] if failures == 1 else [])
    assert len(labelled.errors) == min(failures, 2)


def test_turned_on_again_it_says_what_it_knows(labelled: TrainingStage, qtbot: QtBot) -> None:
    train = labelled.page.train
    for _ in range(2):  # the second time no label is new
        train.teaching.live_box.setChecked(True)
        qtbot.waitUntil(lambda: train.teaching.live_text.startswith("Learned from 36 photos."), timeout=60_000)
        train.teaching.live_box.setChecked(False)
        assert train.teaching.live_text == ""


def test_tags_follow_who_labels_without_a_pause(labelled: TrainingStage, qtbot: QtBot) -> None:
    """Each label puts the pause off, but not for ever."""
    train, library = labelled.page.train, labelled.library
    train.live.rest_ms = 60_000
    train.live.longest_rest_s = 0.5
    followed: list[object] = []
    train.live.followed.connect(followed.append)
    train.teaching.live_box.setChecked(True)
    qtbot.waitUntil(lambda: train.live.lesson is not None, timeout=60_000)
    first, *_ = library.labels.labelled()
    library.labels.clear([first.photo_id], "shape")  # a newer lesson, which starts the pause anew
    qtbot.waitUntil(lambda: bool(followed), timeout=60_000)


def test_a_burst_of_labels_is_one_lesson(labelled: TrainingStage, qtbot: QtBot) -> None:
    train, library = labelled.page.train, labelled.library
    lessons: list[object] = []
    train.live.taught.connect(lessons.append)
    train.teaching.live_box.setChecked(True)
    qtbot.waitUntil(lambda: len(lessons) == 1, timeout=60_000)
    for each in library.labels.labelled()[:10]:
        library.labels.clear([each.photo_id], "shape")
        qtbot.wait(20)
    qtbot.waitUntil(lambda: len(lessons) == 2, timeout=60_000)
    qtbot.waitUntil(lambda: not train.live.is_busy, timeout=60_000)
    assert len(lessons) == 2
    assert train.live.lesson is not None
    assert train.live.lesson.photos == 36


def test_a_tagger_that_was_fine_tuned_is_not_replaced_while_one_labels(labelled: TrainingStage, qtbot: QtBot) -> None:
    train, library = labelled.page.train, labelled.library
    run = teach_library(library, with_report=False).folder
    config = json.loads((run / "config.json").read_text(encoding="utf-8"))
    (run / "config.json").write_text(json.dumps(config | {"tier": "fine-tune"}), encoding="utf-8")
    mine = promote(library, run, force=True)
    train.live.rest_ms = 200
    with qtbot.waitSignal(train.live.followed, timeout=60_000) as told:
        train.teaching.live_box.setChecked(True)
    assert told.args == [None]
    assert train.teaching.followed_text == STAYS
    assert train.teaching.keep_button.isVisible()
    assert [each.id for each in library.tags.taggers() if each.run] == [mine.id]


class TestATaggerOnItsWayIn:
    @pytest.fixture
    def waiting(self, labelled: TrainingStage) -> TrainingStage:
        """One was taken into use, and the work is paused."""
        train, library, qtbot = labelled.page.train, labelled.library, labelled.qtbot
        library.pause()
        qtbot.waitUntil(lambda: library.progress.activity is Activity.PAUSED, timeout=20_000)
        train.teach()
        qtbot.waitUntil(lambda: Choice.REPORT in train.course.outcome.buttons, timeout=60_000)
        train.course.outcome.chosen.emit(Choice.USE_ANYWAY)
        qtbot.waitUntil(lambda: train.course.outcome.title == "Looking at your photos", timeout=60_000)
        return labelled

    @pytest.fixture
    def earlier(self, labelled: TrainingStage) -> TaggerInfo:
        """A trained tagger that is live, and knows a little less."""
        library = labelled.library
        taken = next(each.photo_id for each in library.labels.labelled() if each.labels["class"] == "red")
        library.labels.clear([taken])
        earlier = promote(library, teach_library(library, with_report=False).folder, force=True)
        labelled.qtbot.waitUntil(lambda: is_live(library, earlier), timeout=60_000)
        library.labels.set([taken], "class", "red")
        return earlier

    def test_says_how_far_it_is(self, waiting: TrainingStage, qtbot: QtBot) -> None:
        outcome, tell = waiting.page.train.course.outcome, waiting.bridge.progress_changed.emit
        tell(waiting.library.progress)
        assert outcome.lines[0] == PAUSED
        coming = waiting.library.tags.on_its_way()
        assert coming is not None
        tell(Progress(Activity.TAGGING, done=9, total=36, eta_s=120, detail=coming.name))
        assert outcome.lines[0].startswith("It has looked at 9 of 36 photos, 2 min left")
        tell(Progress(Activity.TAGGING, done=30, total=36, eta_s=1, detail="Zero-shot with another model"))
        assert outcome.lines[0].startswith("It has looked at 9 of 36 photos, 2 min left")
        waiting.library.resume()
        qtbot.waitUntil(lambda: outcome.title == "In use", timeout=60_000)

    def test_says_so_where_it_cannot_work(
        self, waiting: TrainingStage, monkeypatch: pytest.MonkeyPatch, qtbot: QtBot
    ) -> None:
        outcome = waiting.page.train.course.outcome
        make_lessons_fail(monkeypatch)
        waiting.library.resume()
        qtbot.waitUntil(lambda: outcome.title == "The tagger cannot work", timeout=60_000)
        assert outcome.lines == ("There is no memory for it.", "Train it again.", UNTIL_IT_CAN[False])
        assert Choice.ROLL_BACK not in outcome.buttons

    def test_that_cannot_work_leaves_the_photos_to_the_one_before(
        self, earlier: TaggerInfo, waiting: TrainingStage, monkeypatch: pytest.MonkeyPatch, qtbot: QtBot
    ) -> None:
        library, outcome = waiting.library, waiting.page.train.course.outcome
        make_lessons_fail(monkeypatch)
        library.resume()
        qtbot.waitUntil(lambda: outcome.title == "The tagger cannot work", timeout=60_000)
        assert outcome.lines[-1] == UNTIL_IT_CAN[True]
        assert is_live(library, earlier)

    def test_does_not_take_other_errors_for_its_own(
        self, waiting: TrainingStage, monkeypatch: pytest.MonkeyPatch, qtbot: QtBot
    ) -> None:
        outcome = waiting.page.train.course.outcome
        make_lessons_fail(monkeypatch)
        other, told = DiskFullError("No space is left."), waiting.bridge.error_raised
        told.connect(lambda error: told.emit(other) if error is not other else None)  # right after it
        waiting.library.resume()
        qtbot.waitUntil(lambda: outcome.title == "The tagger cannot work", timeout=60_000)

    def test_says_how_far_it_is_where_it_looks_at_pixels(
        self, labelled: TrainingStage, tmp_path: Path, qtbot: QtBot
    ) -> None:
        library, arrival = labelled.library, labelled.page.train.course.arrival
        said: list[str] = []
        heard = Event()
        arrival.said.connect(lambda words: (said.append(words), heard.set()))

        def wait_until_it_is_said(event: object) -> None:  # what comes next would hide it
            if isinstance(event, ProgressChanged) and event.progress.activity is Activity.TAGGING:
                heard.wait(20)

        library.subscribe(wait_until_it_is_said)
        arrival.wait_for(library.tags.promote(pixel_checkpoint(tmp_path / "pixels"), name="by pixels", metrics={}))
        qtbot.waitUntil(
            lambda: any(each.live and each.name == "by pixels" for each in library.tags.taggers()), timeout=60_000
        )
        qtbot.waitUntil(lambda: any("of 36 photos" in each for each in said), timeout=20_000)

    @pytest.mark.parametrize("choose", ["use", "roll back"])
    def test_is_no_longer_waited_for_where_another_is_chosen(
        self, earlier: TaggerInfo, waiting: TrainingStage, choose: str, qtbot: QtBot
    ) -> None:
        library, outcome = waiting.library, waiting.page.train.course.outcome
        shown: list[str] = []
        waiting.page.train.course.arrival.lost.connect(lambda error, _until: shown.append(error.title))
        waiting.bridge.error_raised.emit(ModelError("Another model cannot be loaded."))
        if choose == "use":
            library.tags.use(earlier.id)
        else:
            library.tags.roll_back()
        qtbot.waitUntil(outcome.isHidden, timeout=20_000)
        library.resume()
        qtbot.waitUntil(lambda: library.is_up_to_date, timeout=60_000)
        qtbot.wait(200)
        assert outcome.isHidden()
        assert shown == []


def is_live(library: Library, tagger: TaggerInfo) -> bool:
    return any(each.live and each.id == tagger.id for each in library.tags.taggers())


def make_lessons_fail(monkeypatch: pytest.MonkeyPatch) -> None:
    """As soon as they look at photos."""

    def fail(*_arguments: object) -> object:
        raise ModelError("There is no memory for it.", remedy="Train it again.", title="The tagger cannot work")

    monkeypatch.setattr(VectorTagger, "tag_prepared", fail)


def test_weights_that_are_not_installed_cannot_be_chosen(labelled: TrainingStage, qtbot: QtBot) -> None:
    recipe = labelled.page.train.recipe
    assert recipe.request.recipe == "starter-finetune"
    assert recipe.request.assignments == ()
    assert not recipe.models_button.isVisible()
    recipe.choices["deit-tiny-two-phase"].setChecked(True)
    assert "not installed" in recipe.weights.itemText(0)
    assert recipe.request.assignments == ("weights=scratch",)
    qtbot.mouseClick(recipe.models_button, LEFT)
    assert labelled.what("models_wanted") == [()]
    recipe.show_installed({"deit-tiny": True})
    assert recipe.request.assignments == ()


def test_a_network_without_pretrained_weights_offers_none(labelled: TrainingStage) -> None:
    recipe = labelled.page.train.recipe
    recipe.choices["cnn"].setChecked(True)
    assert [recipe.weights.itemData(place) for place in range(recipe.weights.count())] == ["scratch"]
    assert recipe.request.assignments == ()
    assert recipe.models_button.isHidden()


def test_each_control_has_a_name_and_tab_reaches_it(labelled: TrainingStage, qtbot: QtBot) -> None:
    labelled.page.activateWindow()
    labelled.page.train.recipe.fold.button.setChecked(True)
    course = labelled.page.train.course
    course.run_panel.begin("A run")
    course.run_panel.show()
    course.outcome.show_outcome("Better", ["92%"], [Choice.USE, Choice.DISMISS], sign="check")
    course.outcome.show()
    assert nameless(labelled.page) == []
    assert unreachable(labelled.page, labelled.page.back_button, qtbot) == []


def test_esc_leads_back(stage: TrainingStage, qtbot: QtBot) -> None:
    stage.page.tabs.setFocus()
    qtbot.keyClick(stage.page.tabs, Qt.Key.Key_Escape)
    assert stage.what("closed") == [()]
