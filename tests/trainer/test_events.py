"""Events as JSON lines: what is written comes back, and a reader lives with what it does not know."""

from __future__ import annotations

import pytest

from trainer.events import (
    BestFound,
    Cancelled,
    CheckpointSaved,
    EpochDone,
    Evaluating,
    Event,
    Failed,
    Finished,
    LineReader,
    Note,
    PhaseStarted,
    Prepared,
    StepDone,
    Warned,
    from_line,
    to_line,
)

EVENTS: tuple[Event, ...] = (
    Prepared("/runs/1", {"seed": 1}, {"photos": 3}, 12.5, "cpu", "bfloat16", 10),
    PhaseStarted("heads", 0, 8, 0, True),
    StepDone(3, 100, 0, 1.5, 3e-4, 40.0, None),
    EpochDone("heads", 0, 28, {"loss": 1.0}, {"class": {"accuracy": 0.5}}, 0.5, 2.0),
    BestFound(0, 0.5, "weighted f1"),
    CheckpointSaved("/runs/1/checkpoint", 0),
    Evaluating(153),
    Note("eins, zwei \u2014 \u4e09"),
    Warned("Few photos.", "Label more."),
    Finished("/runs/1", {"class accuracy": 0.9}, 60.0),
    Cancelled("/runs/1", {}, False),
    Failed("Training failed", "Why", "What to do"),
)


@pytest.mark.parametrize("event", EVENTS, ids=lambda event: type(event).__name__)
def test_an_event_comes_back_from_its_line(event: Event) -> None:
    line = to_line(event)
    assert "\n" not in line
    assert from_line(line) == event


def test_numbers_that_json_does_not_know_become_null() -> None:
    line = to_line(EpochDone("all", 1, 2, {"loss": float("nan")}, {}, float("-inf"), 1.0))
    assert '"score": null' in line
    assert from_line(line) == EpochDone("all", 1, 2, {"loss": None}, {}, None, 1.0)  # type: ignore[arg-type, dict-item]


@pytest.mark.parametrize(
    "line", ["", "{", '{"type": "Note"}', '{"type": "Later", "x": 1}', "[1]", "null", "3", '{"type": ["Note"]}']
)
def test_what_is_no_event_is_passed_over(line: str) -> None:
    assert from_line(line) is None


def test_a_field_of_a_newer_version_is_left_out() -> None:
    assert from_line('{"type": "Note", "message": "m", "colour": "red"}') == Note("m")


def test_text_in_pieces_becomes_whole_events() -> None:
    text = "".join(to_line(event) + "\n" for event in EVENTS)
    reader = LineReader()
    read = [event for start in range(0, len(text), 7) for event in reader.feed(text[start : start + 7])]
    assert read == list(EVENTS)
