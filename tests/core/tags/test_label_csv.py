"""Tables of labels: what is read of them, whatever wrote them, and what is said of what is wrong with them."""

from __future__ import annotations

import csv
import os
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from core.errors import LabelError, LabelFileError
from core.tags.label_csv import attribute_pairs, read_label_csv
from core.tags.label_export import attribute_cell, write_label_csv
from core.tags.label_files import MOST_WARNINGS, LabelFile
from core.tags.label_text import sound_name, sound_value, tidy
from core.tags.values import Origin, Split
from core.types import PhotoId

HEADING = "image_path,class_label,attributes,caption,split,instance_id\n"


def read(folder: Path, text: str | bytes, **options: str) -> LabelFile:
    path = folder / "labels.csv"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return read_label_csv(path, **options)


def words(file: LabelFile) -> str:
    return "\n".join(str(warning) for warning in file.warnings)


class TestReading:
    def test_a_row_is_read_whole(self, tmp_path: Path) -> None:
        file = read(tmp_path, HEADING + 'images/a.jpg,cap,color:red;material:fabric,"red cap, in front",val,TEAM13_A\n')
        (row,) = file.rows
        assert row.path == tmp_path / "images" / "a.jpg"
        assert row.labels == {"class": "cap", "color": "red", "material": "fabric"}
        assert (row.line, row.split, row.instance, row.caption) == (
            2,
            Split.VALIDATION,
            "TEAM13_A",
            "red cap, in front",
        )
        assert not file.warnings

    def test_the_products_are_read_without_a_warning(self, shared_data: Path) -> None:
        file = read_label_csv(shared_data / "products" / "labels.csv")
        splits = [row.split for row in file.rows]
        assert (len(file.rows), file.warning_count) == (600, 0)
        assert [splits.count(split) for split in Split] == [447, 100, 53]
        assert all(row.path.is_file() and row.instance and len(row.labels) == 6 for row in file.rows)

    @pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "cp1252"])
    @pytest.mark.parametrize("delimiter", [",", ";", "\t"])
    @pytest.mark.parametrize("line_end", ["\n", "\r\n"])
    def test_whatever_a_spreadsheet_writes(self, tmp_path: Path, encoding: str, delimiter: str, line_end: str) -> None:
        lines = (["image_path", "class_label", "attributes"], ["é.jpg", "Schürze", '"color:red;size:groß"'])
        text = line_end.join(delimiter.join(cells) for cells in lines)
        file = read(tmp_path, text.encode(encoding))
        assert file.rows[0].path.name == "é.jpg"
        assert file.rows[0].labels == {"class": "Schürze", "color": "red", "size": "groß"}
        assert ("Windows-1252" in words(file)) == (encoding == "cp1252")

    def test_an_encoding_can_be_named(self, tmp_path: Path) -> None:
        file = read(tmp_path, (HEADING + "a.jpg,кепка,,,,\n").encode("cp1251"), encoding="cp1251")
        assert file.rows[0].labels == {"class": "кепка"}
        for wrong in ("utf-8", "no such encoding"):
            with pytest.raises(LabelFileError) as caught:
                read_label_csv(tmp_path / "labels.csv", encoding=wrong)
            assert caught.value.remedy

    def test_headings_in_other_words_and_the_line_of_excel(self, tmp_path: Path) -> None:
        file = read(tmp_path, "sep=;\r\n\r\n Image Path ;Class;shelf\r\na.jpg;cap;3\r\n")
        assert file.rows[0].labels == {"class": "cap"}
        assert file.rows[0].line == 4
        assert "shelf" in words(file)

    def test_a_path_may_be_absolute_or_come_from_windows(self, tmp_path: Path) -> None:
        (tmp_path / "odd\\name.jpg").touch()
        file = read(tmp_path, HEADING + f"{tmp_path}/x/../a.jpg,cap,,,,\nimg\\b.jpg,cap,,,,\nodd\\name.jpg,cap,,,,\n")
        assert [row.path for row in file.rows] == [
            tmp_path / "a.jpg",
            tmp_path / "img" / "b.jpg",
            tmp_path / "odd\\name.jpg",
        ]

    def test_one_spelling_for_what_means_the_same(self, tmp_path: Path) -> None:
        file = read(tmp_path, HEADING + "a.jpg,Cap,Color:Red,,,\nb.jpg,cap,color:RED;Größe:XL,,,\nc.jpg,,größe:xl,,,\n")
        assert [row.labels for row in file.rows] == [
            {"class": "Cap", "color": "Red"},
            {"class": "Cap", "color": "Red", "Größe": "XL"},
            {"Größe": "XL"},
        ]

    def test_the_quotes_of_attributes(self) -> None:
        cell = 'ratio:16:9;note:"a;b ""c""";open:"x;;  ;lone; :x;"q":z'
        assert list(attribute_pairs(cell)) == [
            ("ratio", "16:9"),
            ("note", 'a;b "c"'),
            ("open", '"x'),
            ("lone", ""),
            ("", "x"),
            ('"q"', "z"),
        ]


class TestWhatIsWrong:
    @pytest.mark.parametrize(
        "content",
        [
            b"",
            b"  \r\n \n",
            b"\xff\xd8\xff\xe0\x00\x10JFIF\x00\x01",
            b"name,class_label\na.jpg,cap\n",
            b"image_path,caption\na.jpg,cap\n",
            HEADING.encode(),
            HEADING.encode() + b",cap,,,,\n",
            HEADING.encode() + b'a.jpg,"' + b"x" * 200_000,
            "image_path".encode("utf-16")[:-1],
        ],
    )
    def test_a_file_without_labels_says_what_to_do(self, tmp_path: Path, content: bytes) -> None:
        with pytest.raises(LabelFileError) as caught:
            read(tmp_path, content)
        assert "labels.csv" in caught.value.message
        assert caught.value.remedy

    def test_no_file_and_a_folder(self, tmp_path: Path) -> None:
        for path in (tmp_path, tmp_path / "none.csv", tmp_path / ("x" * 300)):
            with pytest.raises(LabelFileError) as caught:
                read_label_csv(path)
            assert caught.value.remedy

    def test_a_row_that_is_wrong_costs_no_other(self, tmp_path: Path) -> None:
        rows = [
            ["a.jpg", "cap", "color:red;nonsense;:blue;size:", "", "holdout", ""],
            ["", "cap", "", "", "", ""],
            ["b.jpg", "x" * 300, "color:" + "y" * 300, "", "train", "I"],
            ["c.jpg", "cap"],
            ["d.jpg", "cap", "", "", "", "", "more"],
            ["two\nlines.jpg", "cap", "", "", "", ""],
            ["e.jpg", "\x07 \u200b", "bad=name:x;color:blue;color:red", "", "TEST", ""],
        ]
        with (tmp_path / "labels.csv").open("w", newline="", encoding="utf-8") as file:
            writer = csv.writer(file)
            writer.writerow(HEADING.strip().split(","))
            writer.writerows(rows)
        found = read_label_csv(tmp_path / "labels.csv")
        assert [row.path.name for row in found.rows] == ["a.jpg", "b.jpg", "c.jpg", "d.jpg", "e.jpg"]
        assert found.rows[0].labels == {"class": "cap", "color": "red"}
        assert (found.rows[1].labels, found.rows[1].split) == ({}, Split.TRAIN)
        assert (found.rows[4].labels["color"], found.rows[4].split) == ("blue", Split.TEST)
        said = words(found)
        for line, text in (
            (2, "nonsense"),
            (2, "holdout"),
            (3, "path is missing"),
            (4, "300 characters"),
            (5, "fewer columns"),
            (6, "more columns"),
            (7, "line break"),
            (9, "may not hold ="),
            (9, "given twice"),
        ):
            assert any(each.line == line and text in each.text for each in found.warnings), (line, text, said)

    def test_duplicate_rows(self, tmp_path: Path) -> None:
        file = read(
            tmp_path,
            HEADING
            + "a.jpg,cap,color:red,one,train,\n"
            + "./a.jpg,cap,color:red,,,I\n"
            + "b.jpg,cap,color:red,,train,\n"
            + "b.jpg,shoe,size:big,,test,\n",
        )
        first, second = file.rows
        assert (first.labels, first.split, first.instance, first.caption) == (
            {"class": "cap", "color": "red"},
            Split.TRAIN,
            "I",
            "one",
        )
        assert (second.labels, second.split) == ({"class": "shoe", "color": "red", "size": "big"}, Split.TEST)
        same, conflict = file.warnings
        assert (same.line, conflict.line) == (3, 5)
        assert "line 2" in same.text
        assert "taken together" in same.text
        assert all(word in conflict.text for word in ("line 4", "cap", "shoe", "split", "this line holds"))

    def test_warnings_are_counted_and_kept_few(self, tmp_path: Path) -> None:
        count = MOST_WARNINGS + 50
        file = read(tmp_path, HEADING + "".join(f"{number}.jpg,cap,,,odd,\n" for number in range(count)))
        assert (len(file.rows), len(file.warnings), file.warning_count) == (count, MOST_WARNINGS, count)


@pytest.mark.parametrize("sign", '=:;"')
def test_signs_that_stand_beside_names(sign: str) -> None:
    with pytest.raises(LabelError):
        sound_name(f"a{sign}b")
    assert sound_value(f" a{sign}b ") == f"a{sign}b"


@settings(deadline=None)  # other tests may keep the machine busy
@given(st.text(st.characters(), max_size=30))
def test_what_is_tidy_stays_as_it_is(text: str) -> None:
    assert tidy(tidy(text)) == tidy(text)
    assert tidy(f" {text}\n") == tidy(text)


def test_what_no_screen_shows_goes() -> None:
    assert tidy(" a \x00 b\tc\ud83d e\x07\u0301 ") == "a b c \u00e9"


def _sound(text: str) -> str | None:
    try:
        return sound_value(text)
    except LabelError:
        return None


any_text = st.text(st.characters(exclude_categories=("Cs",)), max_size=40)
values = any_text.map(_sound).filter(lambda text: text is not None)
names = values.filter(lambda name: not set(name) & set('=:;"')).map(lambda name: f"x{name}")
file_names = (
    st.text(st.characters(exclude_categories=("Cs",), exclude_characters="/\0"), max_size=30)
    .filter(lambda name: len(name.encode()) < 200)
    .map(lambda name: f"{name}.jpg")
)


@settings(deadline=None)
@example(labels={}, label=None, name="\uf780.jpg", split=None, instance=None)  # stands for a byte elsewhere
@given(
    labels=st.dictionaries(names, values, max_size=4),
    label=st.none() | values,
    name=file_names,
    split=st.none() | st.sampled_from(Split),
    instance=st.none() | values,
)
def test_what_is_written_is_read(
    tmp_path_factory: pytest.TempPathFactory,
    labels: dict[str, str],
    label: str | None,
    name: str,
    split: Split | None,
    instance: str | None,
) -> None:
    folder = tmp_path_factory.mktemp("export")
    photo = folder / name
    photo.touch()
    said = ({"class": label} if label else {}) | {sound_name(head): value for head, value in labels.items()}
    folded = {head.casefold() for head in said}
    if len(folded) < len(said):
        return  # two spellings of one name: a library has but one of them
    write_label_csv(folder / "out.csv", [(PhotoId(1), photo, said, Origin(split, instance, "a\nb"))])
    file = read_label_csv(folder / "out.csv")
    (row,) = file.rows
    assert (os.fspath(row.path), row.labels, row.split, row.instance) == (os.fspath(photo), said, split, instance)
    assert row.caption == "a\nb"
    assert list(attribute_pairs(attribute_cell(said))) == [(h, v) for h, v in said.items() if h != "class"]
