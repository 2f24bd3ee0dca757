"""Suggestions at the cursor: what is offered, and what the line is afterwards."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.query import complete, parse


def _library(key: str) -> Sequence[str]:
    values = {
        "camera": ["NIKON D700", "Canon EOS 40D", "Canon EOS R5"],
        "folder": ["/photos/Städte", "/photos/My Holidays"],
        "format": ["JPEG", "HEIF"],
        "album": ["Best of 2024", "Summer"],
        "class": ["backpack", "clothing_cap"],
        "tag": ["red", "style=casual"],
    }
    return values.get(key, [])


def _offered(line: str) -> list[str]:
    """What is offered at the place of the bar `|`."""
    cursor = line.index("|")
    return [each.text for each in complete(line.replace("|", ""), cursor, _library)]


def _accepted(line: str) -> str:
    """The line after the first suggestion was taken, with a bar where the cursor stands."""
    cursor = line.index("|")
    bare = line.replace("|", "")
    after, at = complete(bare, cursor, _library)[0].applied_to(bare)
    return f"{after[:at]}|{after[at:]}"


class TestNames:
    def test_are_offered_with_an_explanation(self) -> None:
        suggestion = complete("dog cam", 7, _library)[0]
        assert suggestion.text == "camera:"
        assert suggestion.explanation == "by the camera's name, such as camera:canon"

    def test_replace_the_word_and_leave_the_cursor_behind_the_colon(self) -> None:
        assert _accepted("dog -cam| beach") == "dog -camera:| beach"

    @pytest.mark.parametrize("line", ["|", "d|", "dog |", '"cam|', "-|", "c|amera"])
    def test_are_not_offered_where_they_would_be_in_the_way(self, line: str) -> None:
        assert _offered(line) == []


class TestValues:
    def test_come_from_the_library_those_that_begin_with_it_first(self) -> None:
        assert _offered("camera:|") == ['camera:"NIKON D700"', 'camera:"Canon EOS 40D"', 'camera:"Canon EOS R5"']
        assert _offered("camera:r5|") == ['camera:"Canon EOS R5"']
        assert _offered("camera:n|")[0] == 'camera:"NIKON D700"'

    def test_are_found_whatever_the_case_in_any_alphabet(self) -> None:
        assert _offered("folder:STÄDTE|") == ["folder:/photos/Städte"]

    def test_with_spaces_are_quoted(self) -> None:
        assert _accepted("dog -camera:40| beach") == 'dog -camera:"Canon EOS 40D"| beach'

    def test_a_quote_that_is_still_open_does_not_swallow_the_rest(self) -> None:
        assert _accepted('camera:"Canon EOS R| beach') == 'camera:"Canon EOS R5"| beach'

    def test_a_closed_quote_is_replaced_as_a_whole(self) -> None:
        assert _accepted('camera:"Canon EOS 4|" beach') == 'camera:"Canon EOS 40D"| beach'

    def test_a_finished_value_at_the_end_is_followed_by_a_space(self) -> None:
        assert _accepted("has:g|") == "has:gps |"

    def test_are_albums_too(self) -> None:
        assert _offered("album:|") == ['album:"Best of 2024"', "album:Summer"]
        assert _accepted("dog -album:BEST| beach") == 'dog -album:"Best of 2024"| beach'

    def test_are_tags_too(self) -> None:
        assert _offered("class:|") == ["class:backpack", "class:clothing_cap"]
        assert _offered("class:cap|") == ["class:clothing_cap"]
        assert _offered("tag:cas|") == ["tag:style=casual"]
        assert _offered("color:|") == []
        assert _offered("con|") == ["condition:", "conf:"]

    def test_of_a_fixed_set(self) -> None:
        assert _offered("is:|") == [
            "is:favorite",
            "is:hidden",
            "is:unsure",
            "is:unknown",
            "is:corrected",
            "is:labelled",
        ]
        assert _offered("format:|") == ["format:jpeg", "format:heif"]
        assert _offered("date:last-m|") == ["date:last-month"]


@settings(deadline=None, database=None)
@given(st.text(alphabet=st.sampled_from('ca:m"“- dog2*folder/date'), max_size=25), st.integers(-1, 30))
def test_any_line_and_cursor_are_fine_and_values_parse(line: str, cursor: int) -> None:
    for each in complete(line, cursor, _library):
        assert 0 <= each.start < each.end <= len(line)
        if not each.text.endswith(":"):
            assert len(parse(each.text).filters) == 1
