"""Sign in with the certified provider ``oidc-provider`` (npm), driven by Chromium, step by step.

    python -m tests.browser.https_server

Requires Node.js, Chromium and access to npm; the packages go into a temporary folder. Each step is
printed after it was checked in the browser: sign in, comment, like, sign out, sign in as another
person, add a second identity to the account.
"""

import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Page, expect, sync_playwright

from comment_service.app import create_app
from comment_service.cli.serve import free_port
from tests.browser.servers import Blog, Stage

SCRIPT = Path(__file__).with_suffix(".mjs")


def told(step: str) -> None:
    print(f"ok  {step}", flush=True)  # noqa: T201


@contextmanager
def provider(folder: Path, port: int, redirect: str) -> Iterator[str]:
    """Install and run the provider; yield its issuer."""
    shutil.copy(SCRIPT, folder / "provider.mjs")
    npm, node = shutil.which("npm"), shutil.which("node")
    if not npm or not node:
        sys.exit("This needs Node.js: `apt-get install nodejs npm`.")
    install = [npm, "install", "--silent", "--no-audit", "--no-fund", "oidc-provider@9"]
    subprocess.run(install, cwd=folder, check=True)
    command = [node, "provider.mjs", str(port), redirect]
    with subprocess.Popen(command, cwd=folder, stdout=subprocess.PIPE, text=True) as running:
        assert running.stdout is not None
        while "listening" not in running.stdout.readline():
            if running.poll() is not None:
                sys.exit("The provider did not start.")
        try:
            yield f"http://127.0.0.2:{port}"
        finally:
            running.terminate()


def through(window: Page, name: str) -> None:
    """Sign in on the provider's own pages, and consent."""
    if window.locator('input[name="login"]').count():
        window.fill('input[name="login"]', name)
        window.fill('input[name="password"]', "anything")
        window.locator('button[type="submit"]').click()
    consent = window.get_by_role("button", name=re.compile("continue", re.IGNORECASE))
    consent.click()


def log_in(page: Page, name: str) -> None:
    with page.context.expect_page() as opened:
        page.get_by_role("link", name="Certified", exact=True).click()
    through(opened.value, name)
    account = page.locator(".comments-account")
    expect(account).to_contain_text(f"{name.title()} of the certified, using your Certified")


def walk(page: Page, post: str, service: str) -> None:
    """Go through everything that a reader with an account does."""
    page.goto(post)
    log_in(page, "ada")
    told("logged in, in a window; the page claimed it")
    page.locator("#comments-text").fill("Said with a certified account.")
    page.get_by_role("button", name="Post comment").click()
    said = page.locator(".comments-one").filter(has_text="Said with a certified")
    expect(said).to_contain_text("Ada of the certified")
    told("commented under the name that the provider told")
    said.get_by_role("button", name="Like").click()
    expect(said).to_contain_text("Liked by 1 person")
    told("liked")
    page.locator(".comments-account").get_by_role("button", name="Sign out / Change").click()
    expect(page.locator("#comments-name")).to_be_visible()
    told("signed out")
    page.context.clear_cookies()  # the provider remembers Ada
    log_in(page, "bob")
    told("logged in as somebody else")
    with page.context.expect_page() as opened:
        page.get_by_role("link", name="My account").click()
    mine = opened.value
    page.context.clear_cookies(domain="127.0.0.2")
    mine.get_by_role("link", name="Certified", exact=True).click()
    through(mine, "ada")
    expect(mine.locator(".page-problem")).to_contain_text("belongs to another account")
    told("what belongs to another account is not linked")
    mine.go_back()
    page.context.clear_cookies(domain="127.0.0.2")
    mine.goto(f"{service}/account/?site=default")
    mine.get_by_role("link", name="Certified", exact=True).click()
    through(mine, "carol")
    expect(mine).to_have_url(re.compile(f"{service}/account/"))
    expect(mine.get_by_text("Carol of the certified")).to_be_visible()
    told("added a second identity to the account")


def main() -> None:
    """Run all steps."""
    port = free_port("127.0.0.2")
    with (
        tempfile.TemporaryDirectory() as name,
        Stage("127.0.0.1") as ours,
        Stage("localhost") as blog,
    ):
        folder = Path(name)
        back = f"{ours.origin}/sign-in/back/certified"
        with provider(folder, port, back) as issuer:
            row = {"issuer": issuer, "client_id": "comments", "title": "Certified"}
            row["client_secret"] = "a secret of the client"
            ours.app = create_app(
                {
                    "COMMENTS_FOLDER": name,
                    "COMMENTS_ALLOW_VOLATILE": True,
                    "COMMENTS_ORIGINS": blog.origin,
                    "COMMENTS_PROVIDERS": {"certified": row},
                    "COMMENTS_MIN_SECONDS": 0,
                    "COMMENTS_WORKER": False,
                }
            )
            blog.app = Blog(blog.origin, ours.origin).app()
            with sync_playwright() as play:
                path = shutil.which("chromium")
                browser = play.chromium.launch(executable_path=path, args=["--no-sandbox"])
                context = browser.new_context(locale="en-US")
                context.set_default_timeout(15_000)
                walk(context.new_page(), f"{blog.origin}/post", ours.origin)
                browser.close()


if __name__ == "__main__":
    main()
