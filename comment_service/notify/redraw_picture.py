"""A stranger's picture, drawn anew: small, square, and nothing in it but what is seen.

Pillow is imported in the function: a page view must not pay for it.
"""

import io
import warnings

SIDE = 96
"""Pixels of a picture's side: the largest it is shown, on a dense screen."""
FORMATS = ("PNG", "JPEG", "WEBP", "GIF")
MOST_PIXELS = 16_000_000
"""Pixels that a picture may unpack to."""
MEDIA_TYPE = "image/webp"


def drawn_anew(body: bytes) -> bytes:
    """Return a picture as a WebP of ``SIDE`` by ``SIDE`` pixels, its middle cut out.

    Raises:
        ValueError: it is no picture of ``FORMATS``, is broken, or has too many pixels.
    """
    from PIL import Image, ImageOps

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # what is odd and can be drawn all the same
            with Image.open(io.BytesIO(body), formats=FORMATS) as found:
                if found.width * found.height > MOST_PIXELS:
                    raise ValueError("too many pixels")
                found.draft("RGB", (2 * SIDE, 2 * SIDE))
                upright = ImageOps.exif_transpose(found).convert("RGBA")
            square = ImageOps.fit(upright, (SIDE, SIDE))
    except (OSError, SyntaxError, LookupError, TypeError, Image.DecompressionBombError) as error:
        raise ValueError(f"no picture that can be drawn: {type(error).__name__}") from error
    canvas = Image.new("RGBA", (SIDE, SIDE))
    canvas.alpha_composite(square)
    written = io.BytesIO()
    canvas.save(written, "WEBP", quality=85)
    return written.getvalue()
