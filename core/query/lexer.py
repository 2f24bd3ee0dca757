"""Cuts the search line into words: sign, weight, key and text, with their places in the line. Meaning is not here."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

# Keyboards, phones and word processors replace what is typed: every form that they make of a sign counts as that sign.
# The em dash is left out on purpose: it is made of two hyphens and stands in prose, where nobody means "minus".
_MINUS = "-\u2010\u2011\u2012\u2013\u2212\uff0d"  # hyphens, figure dash, en dash, minus sign, full-width hyphen
_PLUS = "+\uff0b"
_STAR = "*\uff0a"
_COLON = ":\uff1a"

_CURLY = "\u201c\u201d\u201e\u201f\u00ab\u00bb"  # which of them opens and which closes differs between languages
_CLOSING = {
    '"': '"',  # a straight quote ends at a straight one alone, so that a path may hold curly ones
    "\uff02": '\uff02"',
    "\u300c": "\u300d",
    "\u300e": "\u300f",
    **dict.fromkeys(_CURLY, _CURLY + '"'),
}
_OPENING = "".join(_CLOSING)

_SIGN = re.compile(rf"[{_MINUS}{_PLUS}](?![{_MINUS}{_PLUS}>])")  # not "--", "++i" or an arrow
_WEIGHT = re.compile(rf"([0-9]+(?:[.,][0-9]+)?|[.,][0-9]+)\s*[{_STAR}]\s*(?=\S)")
_KEY = re.compile(rf"([^\W\d_]+)[{_COLON}]")  # letters only: "12:30" has no key
_SPACE = re.compile(r"\s*")
_SOLID = re.compile(r"\S*")

_SPECIAL_TEXT = re.compile(rf"(?:^|\s)[{_MINUS}{_PLUS}{_OPENING}]|[{_STAR}{_COLON}]")
_SPECIAL_VALUE = re.compile(rf"^$|^[{_OPENING}]|\s")


@dataclass(frozen=True, slots=True)
class Word:
    """One word of the line, or a lone sign: then `text` and `key` are empty and `end` stands behind the sign."""

    start: int  # of the sign, or of what comes first
    end: int
    sign: str = ""  # "+", "-", or "" for none
    weight: str = ""  # the digits before the star, as they were typed
    body_start: int = 0  # behind sign and weight
    key: str = ""  # "camera" of `camera:canon`, as it was typed
    text_start: int = 0  # of the value behind the key, of the quote, or of the plain word
    text: str = ""  # without the quotes
    quoted: bool = False
    closed: bool = True  # False: the quote has no end yet

    @property
    def is_lone_sign(self) -> bool:
        return self.end == self.start + len(self.sign)


def read_words(line: str) -> Iterator[Word]:
    """The words from left to right. Never raises: a quote that is not closed runs to the end of the line."""
    at = _end(_SPACE, line, 0)
    while at < len(line):
        word = _read_word(line, at)
        yield word
        at = _end(_SPACE, line, word.end)


def quote_text(text: str) -> str:
    """How the words of a term are written: in quotes only if something in them would be read as more than text."""
    return _quote(text) if _SPECIAL_TEXT.search(text) else text


def quote_value(value: str) -> str:
    """How a value is written behind `key:`: in quotes only if it has blanks, or starts with a quote."""
    return _quote(value) if _SPECIAL_VALUE.search(value) else value


def _read_word(line: str, start: int) -> Word:
    at, sign, weight = start, "", ""
    if start == 0 or line[start - 1].isspace():
        at, sign = _read_sign(line, at)
        if sign and (at == len(line) or line[at].isspace()):
            return Word(start=start, end=at, sign=sign, body_start=at, text_start=at)
        if match := _WEIGHT.match(line, at):
            at, weight = match.end(), match[1]
    body_start, key = at, ""
    if match := _KEY.match(line, at):
        at, key = match.end(), match[1]
    if line[at : at + 1] in _CLOSING:
        end, text, closed = _read_quoted(line, at)
        return Word(start, end, sign, weight, body_start, key, at, text, quoted=True, closed=closed)
    end = _end(_SOLID, line, at)
    return Word(start, end, sign, weight, body_start, key, at, line[at:end])


def _read_sign(line: str, at: int) -> tuple[int, str]:
    match = _SIGN.match(line, at)
    if match is None:
        return at, ""
    return match.end(), "-" if match[0] in _MINUS else "+"


def _read_quoted(line: str, start: int) -> tuple[int, str, bool]:
    """A doubled quote stands for one in the text. A backslash means nothing: Windows paths are full of them."""
    closing, characters, at = _CLOSING[line[start]], list[str](), start + 1
    while at < len(line):
        doubled = line[at + 1 : at + 2] == line[at]
        if line[at] in closing and not doubled:
            return at + 1, "".join(characters), True
        characters.append(line[at])
        at += 2 if line[at] in closing else 1
    return at, "".join(characters), False


def _quote(text: str) -> str:
    return '"' + text.replace('"', '""') + '"'


def _end(pattern: re.Pattern[str], line: str, at: int) -> int:
    match = pattern.match(line, at)
    return match.end() if match else at
