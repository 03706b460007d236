"""Take the pictures of the README from the running demo: ``python -m tests.screenshots``.

Writes ``docs/images/*.png``, each at most 150 KB, in light and dark.
"""

import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path

from PIL import Image
from playwright.sync_api import Browser, sync_playwright

IMAGES = Path(__file__).parents[1] / "docs" / "images"
MOST_BYTES = 150_000
CHROMIUM = os.environ.get("CHROMIUM", "/usr/bin/chromium")
SIZE = (860, 980)
GAP = 20
WIDTH = 1400


@contextmanager
def demo() -> Iterator[tuple[str, str]]:
    """Run the demo; yield the address of a post and a sign-in link for the moderator."""
    command = [sys.executable, "-m", "comment_service", "demo", "--port", "0", "--folder"]
    with (
        tempfile.TemporaryDirectory() as folder,
        subprocess.Popen(
            [*command, f"{folder}/demo"],
            stdout=subprocess.PIPE, text=True, env={**os.environ, "PYTHONUNBUFFERED": "1"},
        ) as process,
    ):  # fmt: skip
        try:
            blog = link = ""
            for line in process.stdout or ():
                blog = blog or "".join(re.findall(r"The blog +(\S+)", line))
                link = link or "".join(re.findall(r"(http\S+/moderation/enter/\S+)", line))
                if blog and link:
                    break
            yield blog, link
        finally:
            process.terminate()


def shots(browser: Browser, blog: str, link: str) -> Iterator[tuple[str, bytes, bytes]]:
    """Yield the scheme, the thread and the queue of comments that need review."""
    context = browser.new_context(viewport={"width": SIZE[0], "height": SIZE[1]})
    page = context.new_page()
    page.goto(link)
    page.locator("form button").first.click()
    page.wait_for_selector(".card")
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        page.goto(blog)
        page.locator("article a, main a, h2 a").first.click()
        page.wait_for_selector("comment-thread article")
        page.locator("comment-thread").scroll_into_view_if_needed()
        page.evaluate("document.querySelector('comment-thread').scrollIntoView()")
        thread = page.screenshot()
        page.goto(f"{blog.rstrip('/')}/comments/moderation/")
        page.wait_for_selector(".card")
        yield scheme, thread, page.screenshot()
    context.close()


def hero(thread: bytes, queue: bytes, background: str) -> bytes:
    """Return both pictures beside each other as a small PNG."""
    sheet = Image.new("RGB", (2 * SIZE[0] + GAP, SIZE[1]), background)
    for number, shot in enumerate((thread, queue)):
        sheet.paste(Image.open(BytesIO(shot)).convert("RGB"), (number * (SIZE[0] + GAP), 0))
    height = round(sheet.height * WIDTH / sheet.width)
    small = sheet.resize((WIDTH, height), Image.Resampling.LANCZOS)
    for colours in (128, 64, 32, 16):
        buffer = BytesIO()
        small.quantize(colours).save(buffer, "PNG", optimize=True)
        if buffer.tell() <= MOST_BYTES:
            break
    return buffer.getvalue()


def main() -> None:
    """Take all pictures."""
    IMAGES.mkdir(parents=True, exist_ok=True)
    with demo() as (blog, link), sync_playwright() as play:
        browser = play.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        for scheme, thread, queue in shots(browser, blog, link):
            background = "#d0d0d0" if scheme == "light" else "#000000"
            file = IMAGES / f"thread-and-queue-{scheme}.png"
            file.write_bytes(hero(thread, queue, background))
            print(f"{file.name}: {file.stat().st_size:,} bytes")
        browser.close()


if __name__ == "__main__":
    main()
