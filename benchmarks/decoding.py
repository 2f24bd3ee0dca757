"""JPEG to the size that a model takes: Recollect's decoder against decoding the whole picture and reducing it."""

from __future__ import annotations

from pathlib import Path

from PIL import Image, ImageOps

from benchmarks.pictures import TWELVE_MEGAPIXELS, write_photos
from benchmarks.report import Report
from benchmarks.timing import median_ms
from core.files.decode import decode, read_content

EDGES_PX = (96, 224, 256, 384)  # the starter, ViT-B-32, thumbnails, SigLIP2
REPEAT = 9


def run(report: Report, scratch: Path) -> None:
    for size in (TWELVE_MEGAPIXELS, (1600, 1200)):
        photo = write_photos(scratch / str(size[0]), 1, size, distinct=1)[0]
        content = photo.read_bytes()
        name = f"{size[0] * size[1] / 1e6:.0f} MP, {len(content) / 1e6:.1f} MB"
        report.add(f"{name}: read and hash", f"{median_ms(lambda p=photo: read_content(p), repeat=REPEAT):.1f} ms")
        for edge_px in EDGES_PX:
            ours = median_ms(lambda c=content, e=edge_px: decode(c, edge_px=e), repeat=REPEAT)
            whole = median_ms(lambda p=photo, e=edge_px: _decode_whole(p, e), repeat=REPEAT)
            report.add(
                f"{name}: to {edge_px} px", f"{ours:.1f} ms", against=f"{whole:.1f} ms whole", ratio=whole / ours,
                at_least=2.0 if size is TWELVE_MEGAPIXELS else None,
            )  # fmt: skip


def _decode_whole(path: Path, edge_px: int) -> Image.Image:
    with Image.open(path) as image:
        upright = ImageOps.exif_transpose(image).convert("RGB")
        return ImageOps.fit(upright, (edge_px, edge_px), Image.Resampling.BICUBIC)
