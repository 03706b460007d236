"""Re-encode an untrusted picture: small, square, without metadata.

Pillow is imported in the function, so that page views do not pay for it.
"""

import io
import warnings

SIDE = 96
"""Width and height in pixels: the largest displayed size on a high-density screen."""
FORMATS = ("PNG", "JPEG", "WEBP", "GIF")
MAX_PIXELS = 16_000_000
"""Maximum number of pixels of a decoded picture."""
MEDIA_TYPE = "image/webp"


def redraw(body: bytes) -> bytes:
    """Return the centre of a picture as a WebP of ``SIDE`` by ``SIDE`` pixels.

    Raises:
        ValueError: it is not in one of ``FORMATS``, is broken, or has too many pixels.
    """
    from PIL import Image, ImageOps

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # ignore irregularities that do not prevent decoding
            with Image.open(io.BytesIO(body), formats=FORMATS) as found:
                if found.width * found.height > MAX_PIXELS:
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
