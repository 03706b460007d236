"""The embed code on a page of another site with the strictest policy, and inside Flask hosts."""

import re
from pathlib import Path
from typing import Any

import pytest
from flask import Flask, Response, render_template_string, request
from playwright.sync_api import expect

from comment_service import CommentService, HostUser
from tests.browser.conftest import MakeReader, MakeWorld
from tests.browser.reader import READING, Reader
from tests.browser.servers import POLICY, STYLED, Stage, World
from tests.fakes import FakeClassifier

LOCKED = POLICY + "; form-action 'none'; base-uri 'none'; frame-ancestors 'none'"


def test_embed_code_needs_three_csp_directives(world: World, reader: Reader) -> None:
    world.blog.policy = LOCKED
    world.say("Ruth", "The question")
    reader.open(world.post)
    reader.reply("The question")
    reader.say("The answer")
    button, words = reader.likes(reader.comment("The answer"))
    button.click()
    expect(words).to_have_text("Liked by 1 person")
    expect(reader.send_button).to_have_css("cursor", "pointer")
    assert reader.context.cookies() == []


def test_thread_appears_at_the_embed_code(world: World, reader: Reader) -> None:
    reader.open(world.post)
    expect(reader.page.locator("#talk > script + comment-thread")).to_be_visible()
    expect(reader.page.locator("#below")).to_be_visible()


def test_the_page_and_the_thread_keep_their_styles_apart(world: World, reader: Reader) -> None:
    sheet = "h2, p, a, button, .comments-one { color: rgb(255, 0, 0) !important }"
    world.blog.head = f"<style>{sheet}</style>"
    world.blog.policy = STYLED
    world.say("Ruth", "Not red")
    reader.open(world.post)
    expect(reader.page.locator("body > p")).to_have_css("color", "rgb(255, 0, 0)")
    for part in (reader.title, reader.comment("Not red").locator("p"), reader.send_button):
        expect(part).not_to_have_css("color", "rgb(255, 0, 0)")


SHIFT = """window.shift = 0;
new PerformanceObserver((list) => {
  for (const { value } of list.getEntries()) window.shift += value;
}).observe({ type: "layout-shift", buffered: true });"""


def test_no_layout_shift_with_reserved_space(world: World, reader: Reader) -> None:
    place = '<comment-thread data-site="default" style="display: block; min-height: 100vh">'
    world.blog.talk = (
        f'{place}</comment-thread><script src="{world.service}/embed.js" async></script>'
    )
    world.blog.policy = STYLED
    for number in range(12):
        world.say("Ruth", f"Comment {number}")
    reader.page.add_init_script(SHIFT)
    reader.open(world.post)
    reader.page.wait_for_load_state("networkidle")
    expect(reader.comments).to_have_count(12)
    assert reader.page.evaluate("window.shift") == 0


@pytest.mark.parametrize("scheme", ["dark", "light"])
def test_thread_adapts_to_light_and_dark_pages(world: World, reader: Reader, scheme: str) -> None:
    colours = {"dark": ("#111", "#eee"), "light": ("#fff", "#111")}
    paper, ink = colours[scheme]
    world.blog.head = f"<style>body {{ background: {paper}; color: {ink} }}</style>"
    world.blog.policy = STYLED
    reader.open(world.post)
    expect(reader.page.locator("section.comments")).to_have_attribute("data-scheme", scheme)


def test_canonical_url_and_title_identify_the_thread(world: World, reader: Reader) -> None:
    world.blog.head = f'<link rel="canonical" href="{world.post}">'
    reader.open(f"{world.post}?utm_source=letter#top")
    reader.say("Under the one address")
    assert "Under the one address" in world.texts()
    expect(reader.page.locator("section.comments")).to_have_attribute("data-title", "A post")


def test_embed_code_can_set_page_title_and_order(world: World, reader: Reader) -> None:
    world.say("Ruth", "One")
    world.say("Ilse", "Two")
    said = {"page": world.post, "title": "Another title", "sort": "newest"}
    world.blog.attributes = said
    reader.open(f"{world.blog.origin}/elsewhere")
    assert reader.texts() == ["Two", "One"]


def test_unregistered_page_says_that_there_are_no_comments(
    make_world: MakeWorld, reader: Reader
) -> None:
    world = make_world(ORIGINS="https://blog.example")
    reader.page.goto(world.post)
    words = "Comments are not available on this address."
    expect(reader.page.locator("comment-thread")).to_contain_text(words)
    reader.expects("403")


def test_unreachable_service_does_not_break_the_page(world: World, reader: Reader) -> None:
    world.say("Ruth", "Back again")
    reader.page.route("**/thread?*", lambda route: route.abort())
    reader.page.goto(world.post)
    again = reader.page.locator("comment-thread a")
    expect(again).to_contain_text(world.service.removeprefix("http://"))
    expect(reader.page.locator("#below")).to_be_visible()
    reader.expects("ERR_FAILED")
    reader.page.unroute("**/thread?*")
    again.click()
    expect(reader.comment("Back again")).to_be_visible()


def test_noscript_link_leads_to_the_thread(world: World, new_reader: MakeReader) -> None:
    world.say("Ruth", "Read without a script")
    link = f'<noscript><a href="{world.thread_page}">Read the comments</a></noscript>'
    world.blog.talk = world.blog.snippet + link
    plain = new_reader(java_script_enabled=False)
    plain.page.goto(world.post)
    plain.page.get_by_role("link", name="Read the comments").click()
    expect(plain.comment("Read without a script")).to_be_visible()


# ---- inside a Flask host ----


@pytest.fixture
def host(tmp_path: Path, blog_stage: Stage) -> str:
    """Return a post of a Flask host that embeds the service; Ruth signs in at /in."""
    app = Flask("host", instance_path=str(tmp_path / "host"), static_folder=None)
    app.config.update(COMMENTS_ALLOW_VOLATILE=True, COMMENTS_WORKER=False, COMMENTS_MIN_SECONDS=0)
    signed_in: dict[str, Any] = {}

    @app.get("/favicon.ico")
    def favicon() -> Response:
        return Response(status=204)

    @app.get("/post")
    def post() -> str:
        page = "<!doctype html><html lang=en><title>A post</title>{{ comments(title='A post') }}"
        return render_template_string(page)

    @app.get("/pasted")
    def pasted() -> str:
        line = '<script src="/comments/embed.js" data-site="default" async></script>'
        return f"<!doctype html><html lang=en><title>A post</title><h1>A post</h1>{line}"

    @app.get("/in")
    def enter() -> str:
        role = request.args.get("role", "")
        signed_in["user"] = HostUser(id="1", name="Ruth", log_out_url="/out", role=role)
        return "in"

    service = CommentService(current_user=lambda: signed_in.get("user"))
    service.init_app(app, classifier=FakeClassifier())
    blog_stage.app = app
    return f"{blog_stage.origin}/post"


def test_host_page_contains_the_thread(host: str, reader: Reader) -> None:
    reader.open(host)
    reader.say("In the host's own page")
    reader.reload()
    expect(reader.comment("In the host's own page")).to_be_visible()
    assert {str(c.get("name")) for c in reader.context.cookies()} == set()


def test_a_host_s_page_works_without_a_script(host: str, new_reader: MakeReader) -> None:
    plain = new_reader(java_script_enabled=False)
    plain.open(host)
    plain.say("Without a script")
    expect(plain.page).to_have_url(re.compile(rf"{re.escape(host)}#comment-\d+$"))


def test_host_user_comments_under_their_account(host: str, reader: Reader) -> None:
    reader.page.goto(host.replace("/post", "/in"))
    reader.open(host)
    account = reader.page.locator(".comments-account")
    expect(account).to_contain_text("You are commenting as Ruth, using your ")
    expect(account.get_by_role("link", name="Sign out / Change")).to_be_visible()
    expect(reader.field("name")).to_have_count(0)
    reader.field("text").fill("As myself")
    reader.send_button.click()
    expect(reader.comment("As myself")).to_contain_text("Ruth")


def test_host_staff_moderates_on_the_page(host: str, reader: Reader) -> None:
    reader.open(host)
    reader.say("maybe this waits")
    reader.page.evaluate("localStorage.clear()")
    reader.page.goto(host.replace("/post", "/in?role=moderator"))
    reader.open(host)
    held = reader.comment("maybe this waits")
    expect(reader.page.locator(".comments-staff")).to_contain_text("Moderating as Ruth")
    held.get_by_role("button", name="Approve").click()
    expect(reader.page.locator(".comments-staff-done")).to_contain_text("Approved.")
    expect(held.get_by_role("button", name="Like")).to_be_visible()
    reader.page.goto(host.replace("/post", "/in"))
    reader.open(host)
    reader.until(READING)
    expect(reader.page.locator(".comments-staff")).to_have_count(0)


def test_embed_code_recognises_the_host_user(host: str, reader: Reader) -> None:
    reader.page.goto(host.replace("/post", "/in"))
    reader.open(host.replace("/post", "/pasted"))
    reader.field("text").fill("As myself again")
    account = reader.page.locator(".comments-account")
    expect(account).to_contain_text("You are commenting as Ruth, using your ")
    out = account.get_by_role("link", name="Sign out / Change")
    expect(out).to_have_attribute("href", "/out")
    expect(reader.field("name")).to_have_count(0)
    expect(reader.field("text")).to_be_focused()
    reader.send_button.click()
    expect(reader.comment("As myself again")).to_contain_text("Ruth")


def test_embed_code_allows_guests_of_a_host(host: str, reader: Reader) -> None:
    reader.open(host.replace("/post", "/pasted"))
    reader.say("As a guest")
    expect(reader.page.locator(".comments-account")).to_be_hidden()


def test_embed_code_in_head_appends_the_thread(world: World, reader: Reader) -> None:
    world.say("Ruth", "Seen all the same")
    world.blog.head, world.blog.talk = world.blog.snippet, "<!-- nothing here -->"
    reader.open(world.post)
    expect(reader.comment("Seen all the same")).to_be_visible()
