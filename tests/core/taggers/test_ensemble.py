"""Ensembles: averaged probabilities over the union of heads, by the names of labels."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from core.errors import ModelError
from core.models.taggers.checkpoint import save_checkpoint
from core.models.taggers.config import HeadConfig
from core.models.taggers.ensemble import EnsembleTagger, save_ensemble
from core.models.taggers.loaded import Tagger

if TYPE_CHECKING:
    from PIL import Image


@pytest.fixture
def seeing(tmp_path: Path, make_network: Callable[..., Any]) -> Path:
    """class: cup, shoe, hat; color: r, g. Looks at pixels."""
    heads = {
        "class": HeadConfig(labels=("cup", "shoe", "hat"), threshold=0.4),
        "color": HeadConfig(labels=("r", "g"), temperature=3.0),
    }
    network, config = make_network(heads)
    save_checkpoint(tmp_path / "seeing", network, config)
    return tmp_path / "seeing"


@pytest.fixture
def seeing_too(tmp_path: Path, make_network: Callable[..., Any]) -> Path:
    """The same heads, others in their order."""
    heads = {"color": HeadConfig(labels=("g", "r")), "class": HeadConfig(labels=("hat", "cup", "shoe"), threshold=0.6)}
    network, config = make_network(heads, seed=9, name="second")
    save_checkpoint(tmp_path / "seeing too", network, config)
    return tmp_path / "seeing too"


@pytest.fixture
def reading(tmp_path: Path, make_vector_network: Callable[..., Any]) -> Path:
    """class: hat, cup, plane; size: s, l. Reads vectors."""
    network, config = make_vector_network()
    save_checkpoint(tmp_path / "reading", network, config)
    return tmp_path / "reading"


@pytest.fixture
def vectors(pictures: list[Image.Image]) -> Any:
    return np.eye(8, dtype=np.float32)[: len(pictures)]


def load(directory: Path) -> Tagger:
    return Tagger.load(directory, device="cpu")


def by_label(tagger: Tagger, head: str, rows: Any) -> list[dict[str, float]]:
    return [dict(zip(tagger.heads[head], row, strict=True)) for row in rows.tolist()]


class TestVotes:
    def test_two_networks_are_averaged_by_the_names_of_labels(
        self, tmp_path: Path, seeing: Path, seeing_too: Path, pictures: list[Image.Image]
    ) -> None:
        save_ensemble(tmp_path / "both", [seeing, seeing_too], name="both")
        both, one, other = load(tmp_path / "both"), load(seeing), load(seeing_too)
        assert isinstance(both, EnsembleTagger)
        prepared = [both.prepare(picture) for picture in pictures]
        assert [len(of_one) for of_one in prepared] == [2] * 7
        found = both.probabilities(prepared)
        first = one.probabilities([one.prepare(picture) for picture in pictures])
        second = other.probabilities([other.prepare(picture) for picture in pictures])
        for head in ("class", "color"):
            rows = zip(
                by_label(both, head, found[head]),
                by_label(one, head, first[head]),
                by_label(other, head, second[head]),
                strict=True,
            )
            for mean, a, b in rows:
                assert mean == pytest.approx({label: (a[label] + b[label]) / 2 for label in a}, abs=0.03)
        assert both.thresholds["class"] == pytest.approx(0.5)

    def test_pixels_and_vectors_vote_together(
        self, tmp_path: Path, seeing: Path, reading: Path, pictures: list[Image.Image], vectors: Any
    ) -> None:
        save_ensemble(tmp_path / "both", [reading, seeing], name="both", weights=[1.0, 3.0])
        both, one, other = load(tmp_path / "both"), load(reading), load(seeing)
        assert (both.needs_pixels, both.encoder_key, both.image_edge_px) == (True, "starter:1", 32)
        assert list(both.heads) == ["class", "size", "color"]
        assert both.heads["class"] == ("hat", "cup", "plane", "shoe")
        prepared = [both.prepare(picture) for picture in pictures]
        found = both.probabilities(prepared, vectors)
        taught = one.probabilities([()] * 7, vectors)
        seen = other.probabilities([other.prepare(picture) for picture in pictures])
        assert np.allclose(found["size"], taught["size"])  # the other one has no such head
        assert np.allclose(found["color"], seen["color"], atol=0.03)
        assert np.allclose(found["class"].sum(axis=1), 1, atol=1e-5)
        rows = zip(
            by_label(both, "class", found["class"]),
            by_label(one, "class", taught["class"]),
            by_label(other, "class", seen["class"]),
            strict=True,
        )
        for mean, a, b in rows:
            expected = {label: a.get(label, 0) / 4 + b.get(label, 0) * 3 / 4 for label in mean}
            assert mean == pytest.approx(expected, abs=0.03)

    def test_for_evaluation_its_logits_give_its_probabilities(
        self, tmp_path: Path, seeing: Path, reading: Path, pictures: list[Image.Image], vectors: Any
    ) -> None:
        save_ensemble(tmp_path / "both", [seeing, reading], name="both")
        both = load(tmp_path / "both")
        prepared = [both.prepare(picture) for picture in pictures]
        logits, features = both.outputs(prepared, vectors)
        found = both.probabilities(prepared, vectors)
        for head, values in both.calibrated(logits).items():
            assert np.allclose(values, found[head], atol=1e-5)
        assert features.shape == (7, 16 + 8)
        assert len(both.tag(pictures, vectors)) == 7
        assert both.tag([], vectors[:0]) == []


class TestOnDisk:
    def test_it_stands_alone(
        self, tmp_path: Path, seeing: Path, reading: Path, pictures: list[Image.Image], vectors: Any
    ) -> None:
        save_ensemble(tmp_path / "both", [seeing, reading], name="both", metrics={"class accuracy": 0.93})
        for member in (seeing, reading):
            shutil.rmtree(member)
        (tmp_path / "both").rename(tmp_path / "moved")
        assert set(load(tmp_path / "moved").tag(pictures, vectors)[0]) == {"class", "color", "size"}
        card = (tmp_path / "moved" / "README.md").read_text()
        assert all(said in card for said in ("# both", "tiny", "taught", "0.93"))

    def test_its_key_is_that_of_its_members_and_their_weights(
        self, tmp_path: Path, seeing: Path, reading: Path
    ) -> None:
        def key(name: str, **more: Any) -> str:
            save_ensemble(tmp_path / name, [seeing, reading], name=name, **more)
            return load(tmp_path / name).key

        assert key("one") == key("two", weights=[2.0, 2.0], metrics={"f1": 1.0})
        assert key("three", weights=[2.0, 1.0]) != key("one")
        assert key("four", thresholds={"class": 0.9}) != key("one")

    @pytest.mark.parametrize("member", ["../seeing", "/etc", "..", ".", "", "member-1/../../seeing", "a\\b"])
    def test_members_elsewhere_are_refused(self, tmp_path: Path, seeing: Path, reading: Path, member: str) -> None:
        save_ensemble(tmp_path / "both", [seeing, reading], name="both")
        config = tmp_path / "both" / "config.json"
        document = json.loads(config.read_text())
        document["members"][0] = member
        config.write_text(json.dumps(document))
        with pytest.raises(ModelError, match="damaged"):
            load(tmp_path / "both")

    @pytest.mark.skipif(os.name != "posix", reason="links need rights on Windows")
    def test_links_to_elsewhere_are_refused(self, tmp_path: Path, seeing: Path, reading: Path) -> None:
        save_ensemble(tmp_path / "both", [seeing, reading], name="both")
        shutil.rmtree(tmp_path / "both" / "member-1")
        (tmp_path / "both" / "member-1").symlink_to(seeing)
        with pytest.raises(ModelError, match="another place"):
            load(tmp_path / "both")

    def test_an_ensemble_that_is_its_own_member_is_refused(self, tmp_path: Path, seeing: Path, reading: Path) -> None:
        save_ensemble(tmp_path / "both", [seeing, reading], name="both")
        shutil.copy(tmp_path / "both" / "config.json", tmp_path / "both" / "member-1" / "config.json")
        with pytest.raises(ModelError, match="ensemble already"):
            load(tmp_path / "both")

    def test_a_member_that_is_gone_is_named(self, tmp_path: Path, seeing: Path, reading: Path) -> None:
        save_ensemble(tmp_path / "both", [seeing, reading], name="both")
        shutil.rmtree(tmp_path / "both" / "member-2")
        with pytest.raises(ModelError, match="member-2"):
            load(tmp_path / "both")


class TestRefused:
    def test_one_alone(self, tmp_path: Path, seeing: Path) -> None:
        with pytest.raises(ModelError, match="two or more"):
            save_ensemble(tmp_path / "one", [seeing], name="one")
        assert not (tmp_path / "one").exists()

    @pytest.mark.parametrize("weights", [[1.0], [1.0, 0.0], [1.0, -1.0], [1.0, float("nan")]])
    def test_odd_weights(self, tmp_path: Path, seeing: Path, reading: Path, weights: list[float]) -> None:
        with pytest.raises(ModelError, match="weight"):
            save_ensemble(tmp_path / "odd", [seeing, reading], name="odd", weights=weights)

    def test_vectors_of_two_encoders(
        self, tmp_path: Path, reading: Path, make_vector_network: Callable[..., Any]
    ) -> None:
        network, config = make_vector_network(encoder="clip-b32:9")
        save_checkpoint(tmp_path / "other", network, config)
        save_ensemble(tmp_path / "both", [reading, tmp_path / "other"], name="both")
        with pytest.raises(ModelError, match="different encoders"):
            load(tmp_path / "both")

    def test_an_ensemble_of_ensembles(self, tmp_path: Path, seeing: Path, reading: Path) -> None:
        save_ensemble(tmp_path / "both", [seeing, reading], name="both")
        with pytest.raises(ModelError, match="ensemble already"):
            save_ensemble(tmp_path / "more", [tmp_path / "both", seeing], name="more")
