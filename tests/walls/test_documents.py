"""The documents say what is there: commands, files and links that they name exist."""

from __future__ import annotations

import re
from pathlib import Path

import click
import pytest

from core.cli.main import recollect

REPOSITORY = Path(__file__).resolve().parents[2]
DOCUMENTS = [
    *(REPOSITORY / name for name in ("README.md", "CONTRIBUTING.md", "CHANGELOG.md")),
    *sorted((REPOSITORY / "docs").rglob("*.md")),
]
# A word after `recollect` at the start of a shell line or of inline code, and nothing that only looks like one.
COMMAND = re.compile(r"(?:^\$ |`|^)recollect ([a-z]+)", re.MULTILINE)
MAKE = re.compile(r"(?:^\$ |`|^)make ([a-z]+)", re.MULTILINE)
LINK = re.compile(r"\]\((?!https?:|#)([^)#\s]+)")


@pytest.fixture(params=DOCUMENTS, ids=lambda path: str(path.relative_to(REPOSITORY)))
def document(request: pytest.FixtureRequest) -> Path:
    return request.param


def test_its_commands_exist(document: Path) -> None:
    known = set(recollect.list_commands(click.Context(recollect)))
    assert set(COMMAND.findall(document.read_text(encoding="utf-8"))) <= known


def test_its_recipes_exist(document: Path) -> None:
    makefile = (REPOSITORY / "Makefile").read_text(encoding="utf-8")
    recipes = set(re.findall(r"^([a-z]+):", makefile, re.MULTILINE))
    assert set(MAKE.findall(document.read_text(encoding="utf-8"))) <= recipes


def test_its_links_lead_somewhere(document: Path) -> None:
    links = LINK.findall(document.read_text(encoding="utf-8"))
    assert [link for link in links if not (document.parent / link).exists()] == []


def test_every_setting_is_described() -> None:
    from core.settings import Settings

    undescribed = [key for key, field in Settings.model_fields.items() if not field.description]
    assert undescribed == []


def test_every_decision_has_its_own_number_and_four_parts() -> None:
    decisions = sorted((REPOSITORY / "docs" / "decisions").glob("[0-9]*.md"))
    numbers = [path.name[:4] for path in decisions]
    assert sorted(set(numbers)) == numbers
    for path in decisions:
        text = path.read_text(encoding="utf-8").lower()
        assert [part for part in ("question", "decision", "why", "alternatives") if part not in text] == [], path.name
