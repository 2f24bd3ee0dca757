"""The features of the held-out photos in two dimensions: PCA, t-SNE and UMAP.

t-SNE: van der Maaten and Hinton, Visualizing Data using t-SNE, 2008. UMAP: McInnes, Healy and Melville, UMAP: Uniform
Manifold Approximation and Projection, 2018. A method that fails is named with its reason and stops nothing.
"""

from __future__ import annotations

import json
import logging
import warnings
from collections.abc import Callable, Collection, Mapping
from contextlib import nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from core.models.disk import disk_errors, write_whole
from trainer.report.outputs import Outputs

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Features = NDArray[np.float32]
    Places = NDArray[np.floating]

log = logging.getLogger(__name__)

MOST_PHOTOS = 3000  # t-SNE and UMAP of so many take some ten seconds
FEWEST_PHOTOS = 5  # below, a map says nothing that the list does not
_DIMENSIONS = 50  # what t-SNE and UMAP look at: more is slower, and mostly noise (van der Maaten and Hinton, 2008)
_WORTH_THREADS = 1000  # photos
_NEIGHBOURS = 15  # UMAP's own default
_PERPLEXITY = 30.0  # t-SNE's own default
_SEED = 0


def write_projections(outputs: Mapping[str, Outputs], file: Path, *, most: int = MOST_PHOTOS) -> None:
    """Map the photos of all splits together and keep the result as JSON.

    Raises:
        MachineError: the file cannot be written.
    """
    rows = [(split, row) for split, each in outputs.items() for row in range(len(each)) if each.features.shape[1]]
    kept = rows
    if len(rows) > most:
        chosen = np.random.default_rng(_SEED).choice(len(rows), most, replace=False)
        kept = [rows[place] for place in sorted(chosen.tolist())]
    maps, failed = project(_stacked(outputs, kept))
    content = {
        "photos": _photos(outputs, kept) if maps else [],
        "maps": {name: [[round(float(x), 4), round(float(y), 4)] for x, y in places] for name, places in maps.items()},
        "failed": failed,
        "out_of": len(rows),
    }
    text = json.dumps(content)
    with disk_errors(file):
        write_whole(file, lambda part: part.write_text(text, encoding="utf-8"))


def project(
    features: Features, wanted: Collection[str] = ("PCA", "t-SNE", "UMAP")
) -> tuple[dict[str, Places], dict[str, str]]:
    """Places (N, 2) by method, and by method why there are none, for features (N, F)."""
    from threadpoolctl import threadpool_limits

    methods: dict[str, Callable[[Features], Places]] = {"PCA": _pca, "t-SNE": tsne, "UMAP": _umap}
    maps: dict[str, Places] = {}
    failed: dict[str, str] = {}
    # With few photos, threads wait for each other longer than they work: a tenth of the time with one.
    threads = threadpool_limits(1) if len(features) < _WORTH_THREADS else nullcontext()
    with threads:
        for name, method in ((name, method) for name, method in methods.items() if name in wanted):
            reason = _unfit(features) or _attempt(name, method, features, maps)
            if reason:
                failed[name] = reason
    return maps, failed


def _attempt(
    name: str, method: Callable[[Features], Places], features: Features, maps: dict[str, Places]
) -> str | None:
    """Why it failed, if it did."""
    try:
        places = method(features)
    except Exception as error:  # noqa: BLE001 - foreign code on any data: a report goes on without this one map
        log.warning("The features could not be mapped with %s: %r", name, error)
        return f"{type(error).__name__}: {error}"
    if not np.isfinite(places).all():
        return "It gave places that are not finite."
    maps[name] = places
    return None


def _unfit(features: Features) -> str | None:
    if len(features) < FEWEST_PHOTOS or features.ndim != 2 or features.shape[1] < 2:
        return f"A map needs {FEWEST_PHOTOS} photos with features at least."
    if not np.isfinite(features).all():
        return "Some features are not finite."
    if np.ptp(features, axis=0).max() == 0:
        return "All photos have the same features."
    return None


def _pca(features: Features) -> Places:
    from sklearn.decomposition import PCA

    return PCA(2, random_state=_SEED).fit_transform(features)


def tsne(features: Features) -> Places:
    """Places (N, 2) of features (N, F), with the same seed each time."""
    from sklearn.manifold import TSNE

    perplexity = min(_PERPLEXITY, (len(features) - 1) / 3)
    return TSNE(2, perplexity=perplexity, init="pca", random_state=_SEED).fit_transform(_reduced(features))


def _umap(features: Features) -> Places:
    with warnings.catch_warnings():
        # numba and pynndescent announce their own plans at import, and umap that it cannot use TensorFlow.
        warnings.filterwarnings("ignore", category=DeprecationWarning)
        warnings.filterwarnings("ignore", message=".*[Tt]ensor[Ff]low.*")
        from umap import UMAP

        neighbours = min(_NEIGHBOURS, len(features) - 1)
        # A spectral start needs more photos than a small test set has. One job: the seed holds for one only.
        mapper = UMAP(n_neighbors=neighbours, init="pca", random_state=_SEED, n_jobs=1)
        places: Any = mapper.fit_transform(_reduced(features))
    return np.asarray(places)


def _reduced(features: Features) -> Features:
    """(N, 50 at most), by PCA."""
    from sklearn.decomposition import PCA

    dimensions = min(_DIMENSIONS, *features.shape)
    if dimensions == features.shape[1]:
        return features
    return PCA(dimensions, random_state=_SEED).fit_transform(features)


def _stacked(outputs: Mapping[str, Outputs], rows: list[tuple[str, int]]) -> Features:
    widths = {outputs[split].features.shape[1] for split, _ in rows}
    if len(widths) != 1:
        return np.zeros((0, 0), np.float32)
    return np.stack([outputs[split].features[row] for split, row in rows])


def _photos(outputs: Mapping[str, Outputs], rows: list[tuple[str, int]]) -> list[dict[str, Any]]:
    predicted = {split: {name: head.predicted for name, head in each.heads.items()} for split, each in outputs.items()}
    return [
        {
            "id": outputs[split].ids[row],
            "path": str(outputs[split].paths[row]),
            "split": split,
            "heads": {
                name: (
                    head.labels[head.targets[row]] if head.targets[row] >= 0 else None,
                    head.labels[predicted[split][name][row]],
                )
                for name, head in outputs[split].heads.items()
                if head.labels
            },
        }
        for split, row in rows
    ]
