"""The words of zero-shot tags: Recollect's own, the user's, and files that are none."""

from __future__ import annotations

from pathlib import Path

import pytest

from core.errors import LabelError, LabelFileError
from core.tags.values import CLASS, Attribute
from core.tags.vocabulary import (
    MOST_VALUES,
    Vocabulary,
    VocabularyHead,
    Words,
    bundled_vocabulary,
    read_vocabulary,
    write_vocabulary,
)

MINE = Vocabulary(
    (
        VocabularyHead(CLASS, ("Bär", "猫", 'a "quoted" {} one'), ("a photo of a {}.",), {"猫": ("cat", "kitten")}),
        VocabularyHead("f. 2", ("x", "y")),
    )
)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "tag-vocabulary.toml"


def test_our_own_words_are_good_ones() -> None:
    words = bundled_vocabulary()
    heads = {head.name: head for head in words.heads}
    assert list(heads) == ["class", "color", "material", "condition"]
    assert 120 <= len(heads[CLASS].values) <= 170
    for head in words.heads:
        assert len(set(head.values)) == len(head.values)
        assert all(value == value.lower().strip() for value in head.values)
        assert set(head.prompts) <= set(head.values)  # or a prompt would be read for nothing
        assert all(template.count("{}") == 1 for template in head.templates)


def test_sentences_hold_the_words_as_they_are() -> None:
    assert MINE.heads[0].sentences("猫") == ["a photo of a cat.", "a photo of a kitten."]
    assert MINE.heads[0].sentences('a "quoted" {} one') == ['a photo of a a "quoted" {} one.']


def test_what_the_user_writes_comes_back(file: Path) -> None:
    assert read_vocabulary(file) == bundled_vocabulary()
    write_vocabulary(file, MINE)
    assert read_vocabulary(file) == MINE
    assert list(file.parent.iterdir()) == [file]
    assert MINE.hash != bundled_vocabulary().hash
    words = Words(file, list)
    assert words.own() == words.all() == MINE
    words.reset()
    words.reset()
    assert words.own() == bundled_vocabulary()


def test_values_of_attributes_are_added_once(file: Path) -> None:
    attributes = [
        Attribute(CLASS, ("dog", "ocelot"), {}),
        Attribute("style", ("modern", "vintage"), {}),
        Attribute("lonely", ("one",), {}),
    ]
    words = Words(file, lambda: attributes).all()
    heads = {head.name: head for head in words.heads}
    assert heads[CLASS].values == (*bundled_vocabulary().heads[0].values, "ocelot")
    assert heads["style"].values == ("modern", "vintage")
    assert "lonely" not in heads
    assert words.heads[0].name == CLASS
    many = [Attribute(CLASS, tuple(str(number) for number in range(5000)), {})]
    assert len(bundled_vocabulary().with_attributes(many).heads[0].values) == MOST_VALUES


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("[class", "not valid TOML"),
        ("class = 3", "not a table"),
        ("[class]\nvalues = 3", "not a list"),
        ("[class]\nvalues = ['one']", "1 values"),
        ("[class]\n", "not a list"),
        ("[class]\nvalues = ['a', '']", "not a text"),
        (f"[class]\nvalues = ['a', '{'x' * 301}']", "not a text"),
        ("[class]\nvalues = ['a', 3]", "not a text"),
        ("[class]\nvalues = ['a', 'b']\ntemplates = ['no place']", "exactly one {}"),
        ("[class]\nvalues = ['a', 'b']\nprompts = 3", "not a table"),
        (f"[class]\nvalues = [{', '.join(repr(str(n)) for n in range(MOST_VALUES + 1))}]", "values; 2 to"),
    ],
)
def test_a_file_that_is_no_vocabulary_says_what_is_wrong(file: Path, text: str, says: str) -> None:
    file.write_text(text, encoding="utf-8")
    with pytest.raises(LabelFileError, match=says) as caught:
        read_vocabulary(file)
    assert caught.value.remedy
    assert caught.value.path == file


def test_odd_files_are_refused_too(file: Path) -> None:
    file.write_bytes(b"\xff\xfe\x00[class]")
    with pytest.raises(LabelFileError):
        read_vocabulary(file)
    file.unlink()
    file.mkdir()
    with pytest.raises(LabelFileError):
        read_vocabulary(file)


def test_what_is_no_vocabulary_is_not_written(file: Path) -> None:
    write_vocabulary(file, MINE)
    for wrong in (
        VocabularyHead(CLASS, ()),
        VocabularyHead(CLASS, ("a", "b"), ("no place",)),
        VocabularyHead("", ("a", "b")),
    ):
        with pytest.raises(LabelError):
            write_vocabulary(file, Vocabulary((wrong,)))
    assert read_vocabulary(file) == MINE
