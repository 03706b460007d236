"""Signing in on a blog, at a provider and back: four origins, and no third-party cookie.

Any of the three may separate window and page with Cross-Origin-Opener-Policy; the browser may or
may not send cookies to third parties. Sign-in and commenting must work in every case.
"""

import re
from collections.abc import Iterator

import pytest
from joserfc import jwt
from joserfc.jwk import OctKey
from playwright.sync_api import Browser, BrowserContext, Error, Page, expect

from tests.browser.conftest import Launch, MakeWorld
from tests.browser.servers import Stage, World
from tests.providers import row, well_behaved

ADA = ("ada-1", {"name": "Ada of Example", "email": "ada@example.org", "email_verified": True})
BOB = ("bob-2", {"name": "Bob of Example"})
NO_COOKIES = "--test-third-party-cookie-phaseout"

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")


@pytest.fixture(scope="module")
def provider_stage() -> Iterator[Stage]:
    with Stage("127.0.0.2", bind="127.0.0.2") as stage:
        yield stage


@pytest.fixture(scope="module", params=["allowed", "blocked"])
def chrome(request: pytest.FixtureRequest, launch: Launch) -> Iterator[Browser]:
    """Return a separate browser that sends third-party cookies, or does not."""
    browser = launch(*([NO_COOKIES] if request.param == "blocked" else []))
    yield browser
    browser.close()


@pytest.fixture
def here(make_world: MakeWorld, provider_stage: Stage) -> World:
    provider_stage.app, provider_stage.adding = well_behaved([ADA, BOB]), {}
    return make_world(PROVIDERS={"example": row(provider_stage.origin)})


@pytest.fixture
def context(chrome: Browser) -> Iterator[BrowserContext]:
    context = chrome.new_context(locale="en-US")
    context.set_default_timeout(15_000)
    context.route(re.compile(r"jsdelivr"), lambda route: route.abort())
    yield context
    context.close()


def open_window(page: Page, way: str = "Example ID") -> Page:
    """Start a sign-in; return the window."""
    with page.context.expect_page() as opened:
        page.get_by_role("link", name=way, exact=True).click()
    return opened.value


def sign_in(page: Page, user: str = ADA[0]) -> None:
    """Sign in as one of the provider's users, comparing the code if asked."""
    window = open_window(page)
    window.get_by_role("button", name=user).click()
    try:
        expect(window.locator("h1")).to_have_text(re.compile("^Sign in as|^You are signed in"))
        if window.locator(".window-compare").is_visible():
            code = window.locator(".window-code").inner_text()
            expect(page.locator(".comments-code")).to_have_text(code)
            window.get_by_role("button", name="Yes, sign me in").click(timeout=3000)
    except (Error, AssertionError):  # the page confirmed it, and the window closed itself
        if not window.is_closed():
            window.wait_for_event("close")
    expect(page.locator(".comments-account")).to_contain_text("using your Example ID account")


def post(page: Page, text: str) -> None:
    page.locator("#comments-text").fill(text)
    page.get_by_role("button", name="Post comment").click()
    expect(page.locator(".comments-one").filter(has_text=text)).to_contain_text("Ada of Example")


PLACES = ["host", "provider", "callback"]
POLICIES = ["same-origin", "same-origin-allow-popups"]


@pytest.mark.parametrize("policy", POLICIES)
@pytest.mark.parametrize("place", PLACES)
def test_sign_in_works_with_any_opener_policy(
    here: World,
    context: BrowserContext,
    place: str,
    policy: str,
    service_stage: Stage,
    blog_stage: Stage,
    provider_stage: Stage,
) -> None:
    stages = {"host": blog_stage, "provider": provider_stage, "callback": service_stage}
    stages[place].adding = {"Cross-Origin-Opener-Policy": policy}
    page = context.new_page()
    page.goto(here.post)
    sign_in(page)
    post(page, f"signed in with {policy} at {place}")
    assert context.cookies(blog_stage.origin) == []


def test_no_confirmation_without_opener_policy(here: World, context: BrowserContext) -> None:
    page = context.new_page()
    page.goto(here.post)
    window = open_window(page)
    window.get_by_role("button", name=ADA[0]).click()
    account = page.locator(".comments-account")
    expect(account).to_contain_text("You are commenting as Ada of Example")
    post(page, "the page itself said that it was me")


def test_sso_signs_in_and_out(make_world: MakeWorld, context: BrowserContext) -> None:
    here = make_world(SSO_SECRET="s" * 32)
    now = int(here.app.extensions["comments"].now().timestamp())
    claims = {"aud": "default", "iat": now, "exp": now + 600}
    key = OctKey.import_key("s" * 32)
    page = context.new_page()
    for user, name in (("7", "Rüth"), ("7", "Rüth"), ("8", "Bob"), ("", "")):
        signed = str(jwt.encode({"alg": "HS256"}, {**claims, "sub": user, "name": name}, key))
        here.blog.attributes = {"sso": signed} if user else {}
        page.goto(here.post)
        account = page.locator(".comments-account")
        if user:
            expect(account).to_contain_text(f"You are commenting as {name}, using your A blog")
        else:
            expect(page.locator("#comments-name")).to_be_visible()
            expect(account).to_be_hidden()


def test_sign_in_comment_like_sign_out_switch(here: World, context: BrowserContext) -> None:
    page = context.new_page()
    page.goto(here.post)
    page.locator("#comments-text").fill("typed before logging in")
    sign_in(page)
    expect(page.locator("#comments-text")).to_have_value("typed before logging in")
    post(page, "typed before logging in")
    said = page.locator(".comments-one").filter(has_text="typed before")
    said.get_by_role("button", name="Like").click()
    expect(said).to_contain_text("Liked by 1 person")
    page.reload()
    expect(page.locator(".comments-account")).to_contain_text("You are commenting as Ada")
    expect(said.get_by_role("button", name="Like")).to_have_attribute("aria-pressed", "true")
    page.locator(".comments-account").get_by_role("button", name="Sign out / Change").click()
    expect(page.locator("#comments-name")).to_be_visible()
    page.context.clear_cookies(domain="127.0.0.2")
    window = open_window(page)
    window.get_by_role("button", name=BOB[0]).click()
    expect(page.locator(".comments-account")).to_contain_text(BOB[1]["name"])
    assert "Ada of" not in page.locator(".comments-account").inner_text()
