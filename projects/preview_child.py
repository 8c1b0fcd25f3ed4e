"""The child process of projects/previews.py: pictures on standard output as JSON, memory and time limited. No Django.

python -m projects.preview_child pdf|image FILE PAGES
"""

from __future__ import annotations

import base64
import io
import json
import resource
import sys
from typing import Any

MEMORY_BYTES = 1536 * 1024**2
CPU_SECONDS = 15
WIDTH_PX = 1000
MOST_PIXELS = 80_000_000  # of one picture; a page scanned at 600 dpi has 35 million


def main(kind: str, path: str, most: int) -> None:
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_SECONDS, CPU_SECONDS))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    pictures, whole = pdf(path, most) if kind == "pdf" else image(path)
    json.dump({"pictures": [base64.b64encode(data).decode() for data in pictures], "whole": whole}, sys.stdout)


def pdf(path: str, most: int) -> tuple[list[bytes], int]:
    import pypdfium2

    document = pypdfium2.PdfDocument(path)
    pictures = []
    for index in range(min(most, len(document))):
        page = document[index]
        width, height = page.get_size()
        # A page may claim to be a mile long.
        scale = min(WIDTH_PX / max(width, 1), 4 * WIDTH_PX / max(height, 1), 4)
        pictures.append(webp(page.render(scale=scale).to_pil()))
    return pictures, len(document)


def image(path: str) -> tuple[list[bytes], int]:
    from PIL import Image, ImageOps

    Image.MAX_IMAGE_PIXELS = MOST_PIXELS  # an error from twice as many on
    with Image.open(path) as picture:
        if picture.width * picture.height > MOST_PIXELS:
            raise ValueError("too many pixels")
        picture.draft("RGB", (WIDTH_PX, WIDTH_PX))  # JPEG decodes straight to a smaller size
        picture.thumbnail((WIDTH_PX, 4 * WIDTH_PX))
        return [webp(ImageOps.exif_transpose(picture))], 1


def webp(picture: Any) -> bytes:
    """Pixels only: no metadata, so no place where the picture was taken."""
    out = io.BytesIO()
    picture.convert("RGB").save(out, "WEBP", quality=80, method=2)
    return out.getvalue()


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], int(sys.argv[3]))
