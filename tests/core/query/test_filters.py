"""Filters against real rows, where the manual's examples do not reach: NULLs, alphabets, wildcards, edges of time."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

import pytest

from core.query import compile_filters, parse
from core.query.dates import Period, period_of
from tests.core.query.conftest import Finder
from tests.core.query.manual import PhotoRow

AddPhoto = Callable[[PhotoRow], None]
AddAlbum = Callable[[str, list[int]], None]


@pytest.fixture
def add(add_photo: AddPhoto) -> Callable[..., None]:
    """Add a photo of which only what matters is told."""

    def add_named(name: str = "a.jpg", folder: str = "/photos/", **columns: object) -> None:
        row: PhotoRow = {"path": folder + name, "name": name, "size_bytes": 1000, "dated_at": "2023-05-01T12:00:00"}
        add_photo({**row, **columns})

    return add_named


def test_no_filters_let_everything_through() -> None:
    assert compile_filters([], today=date(2024, 6, 12)) == ("1", [])


def test_values_never_stand_in_the_statement() -> None:
    condition, parameters = compile_filters(
        parse("""camera:"x'); DROP TABLE photos; --" name:y""").filters, today=date.min
    )
    assert "DROP" not in condition.upper()
    assert "y" in parameters


@pytest.mark.parametrize(
    "line",
    [
        *("camera:canon", "lens:50mm", "format:jpg", "orientation:square", "has:gps", "has:date", "is:favorite"),
        *("size:12mp", "size:>4000px", "size:1mp..", "size:<1gb", "date:2023", "after:2023", "folder:a", "name:a*"),
        *("album:trip", "album:t*", "album:absent", "has:album"),
    ],
)
def test_a_negated_filter_finds_exactly_the_others(
    find: Finder, add: Callable[..., None], add_album: AddAlbum, line: str
) -> None:
    add("unknown.jpg")  # nothing was read of it yet: all of these columns are NULL
    add(
        "known.jpg", camera="Canon", lens="50mm", format="JPEG", width=5000, height=5000, taken_at="2023-05-01T12:00:00"
    )
    add("marked.jpg", favorite=1, latitude=0.0, longitude=0.0, dated_at="2020-01-01T00:00:00")
    add_album("Trip", [2])
    chosen, others = find(line), find(f"-{line}")
    assert sorted(chosen + others) == [1, 2, 3]


@pytest.mark.parametrize("line", ["name:%", "name:_x", "name:[ab]*", "name:\\"])
def test_characters_of_sql_patterns_mean_themselves(find: Finder, add: Callable[..., None], line: str) -> None:
    add("ax.jpg")
    add("100% _x [ab] \\.jpg")
    add("[ab] 100% _x \\.jpg")
    assert 1 not in find(line)
    assert 3 in find(line)


@pytest.mark.parametrize("line", ["name:STRASSE", "name:straße", "name:*É*", "name:e\u0301", "name:ΚΑΛΗΜΈΡΑ"])
def test_letters_of_all_alphabets_whatever_their_case_and_form(
    find: Finder, add: Callable[..., None], line: str
) -> None:
    add("Straße Cafe\u0301 Καλημέρα.jpg")  # decomposed, as macOS has it
    add("Cafe.jpg", folder="/é/")
    assert find(line) == [1]


def test_a_folder_is_not_the_file_nor_a_part_of_a_name(find: Finder, add: Callable[..., None]) -> None:
    add("beach", folder="/photos/")
    add("a.jpg", folder="/photos/beach house/")
    add("b.jpg", folder="/photos/Beach/2020/")
    assert find("folder:beach") == [3]
    assert find('folder:"beach house/"') == [2]
    assert find("folder:photos\\beach") == [3]
    assert find("folder:/photos") == [1, 2, 3]
    assert find("folder:/") == [1, 2, 3]
    assert find("folder:/photos/b*/20??") == [3]


def test_an_album_is_asked_for_by_its_whole_name(find: Finder, add: Callable[..., None], add_album: AddAlbum) -> None:
    for number in range(4):
        add(f"{number}.jpg")
    add_album("E\u0301te\u0301 2019", [1])
    add_album("\u00c9t\u00c9 2020", [1, 2])
    add_album("[5*] best", [3])
    assert find('album:"\u00c9T\u00c9 2019"') == [1]
    assert find("album:\u00e9t\u00e9") == []
    assert find("album:\u00e9t\u00e9*") == [1, 2]
    assert find('album:"[5*] best"') == [3]
    assert find('album:"[5?] BEST" album:*2019') == [1, 3]
    assert find("album:*2019 has:album") == [1]
    assert find("-has:album") == [4]


def test_a_network_folder_of_windows(find: Finder, add: Callable[..., None]) -> None:
    add("a.jpg", folder="\\\\server\\share\\2020\\")
    assert find(r"folder:\\server\share") == [1]
    assert find("folder:share/2020") == [1]


def test_the_first_and_the_last_second_of_a_period_belong_to_it(find: Finder, add: Callable[..., None]) -> None:
    for moment in ("2022-12-31T23:59:59", "2023-01-01T00:00:00", "2023-12-31T23:59:59", "2024-01-01T00:00:00"):
        add(f"{moment[:13]}.jpg", dated_at=moment)
    assert find("date:2023") == [2, 3]
    assert find("date:2023-12-31..2023-01") == [2, 3]  # the wrong way round
    assert find("date:<=2022") == [1]
    assert find("date:<2023 date:>2021") == [1]
    assert find("after:2023 before:2024") == [2, 3]
    assert find("-date:2023") == [1, 4]


def test_sizes_typed_the_wrong_way_round(find: Finder, add: Callable[..., None]) -> None:
    add("a.jpg", size_bytes=3_000_000)
    assert find("size:5mb..2mb") == [1]
    assert find("size:3mib") == [1]
    assert find("size:3.1mb") == []


def test_the_longest_filters_are_not_too_much_for_the_database(find: Finder, add: Callable[..., None]) -> None:
    add("a.jpg", camera="a")
    words = " ".join(["a"] * 500)
    assert find(" ".join([f'camera:"{words}"', f'-lens:"{words}"'] * 32)) == [1]
    assert find(" ".join([f"name:{'*ä' * 500}"] * 64)) == []


@pytest.mark.parametrize(
    ("name", "today", "start", "end"),
    [
        ("today", "2024-02-29", "2024-02-29", "2024-03-01"),
        ("yesterday", "2024-01-01", "2023-12-31", "2024-01-01"),
        ("this-week", "2024-06-16", "2024-06-10", "2024-06-17"),
        ("last-week", "2024-06-10", "2024-06-03", "2024-06-10"),
        ("this-month", "2023-12-05", "2023-12-01", "2024-01-01"),
        ("last-month", "2024-01-31", "2023-12-01", "2024-01-01"),
        ("last-month", "2024-03-31", "2024-02-01", "2024-03-01"),
        ("this-year", "2024-06-12", "2024-01-01", "2025-01-01"),
        ("last-year", "2024-06-12", "2023-01-01", "2024-01-01"),
        ("last-7-days", "2024-03-02", "2024-02-25", "2024-03-03"),
    ],
)
def test_named_periods(name: str, today: str, start: str, end: str) -> None:
    expected = Period(date.fromisoformat(start), date.fromisoformat(end))
    assert period_of(name, date.fromisoformat(today)) == expected
