"""Pages of every kind around a thread: dark switches, links into it, old browsers, modules."""

import re
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import MakeReader
from tests.browser.reader import Reader, focused
from tests.browser.servers import STYLED, Stage, World

# ---- light and dark ----

SWITCHES = [
    (
        ":root.dark body { background: #111; color: #eee }",
        "document.documentElement.className = 'dark'",
    ),
    ("body.dark { background: #111; color: #eee }", "document.body.className = 'dark'"),
    (
        "[data-theme=dark] { background: #111; color: #eee }",
        "document.documentElement.dataset.theme = 'dark'",
    ),
    (
        ".night { background: #111; color: #eee }",
        "document.getElementById('talk').className = 'night'",
    ),
    ("", "document.documentElement.style.colorScheme = 'dark'"),
    (
        "",
        "document.head.append(Object.assign(document.createElement('meta'),"
        " { name: 'color-scheme', content: 'dark' }))",
    ),
    (
        "",
        "document.head.append(Object.assign(document.createElement('style'),"
        " { textContent: 'body { background: #111; color: #eee }' }))",
    ),
    (
        "body { transition: color .3s } .dark body { color: #eee; background: #111 }",
        "document.documentElement.className = 'dark'",
    ),
    (".dark body { color: oklch(0.95 0.01 250) }", "document.documentElement.className = 'dark'"),
    (
        ".dark body { color: color(srgb 0.9 0.9 0.9) }",
        "document.documentElement.className = 'dark'",
    ),
]


@pytest.mark.parametrize(("style", "switch"), SWITCHES)
def test_thread_follows_the_dark_switch(
    world: World, reader: Reader, style: str, switch: str
) -> None:
    world.blog.head = f"<style>{style}</style>"
    world.blog.policy = STYLED
    reader.open(world.post)
    section = reader.page.locator("section.comments")
    expect(section).to_have_attribute("data-scheme", "light")
    reader.page.wait_for_load_state("networkidle")
    reader.page.evaluate(f"{{ {switch} }}")
    expect(section).to_have_attribute("data-scheme", "dark")


# ---- links into the thread ----


@pytest.mark.parametrize("lazy", [False, True])
@pytest.mark.parametrize("name", ["comments", "respond"])
def test_links_to_thread_and_form(world: World, reader: Reader, name: str, lazy: bool) -> None:
    world.say("Ruth", "The only one")
    world.blog.head = "<style>#talk { margin-top: 5000px } #below { padding-top: 5000px }</style>"
    world.blog.policy = STYLED
    world.blog.attributes = {"loading": "lazy"} if lazy else {}
    reader.page.goto(f"{world.post}#{name}")
    target = reader.page.locator(".comments" if name == "comments" else ".comments-respond")
    expect(target).to_be_in_viewport()
    reader.page.evaluate("scrollTo(0, 0)")
    reader.page.evaluate("location.hash = ''")
    reader.page.evaluate("(name) => { location.hash = name; }", name)
    expect(target).to_be_in_viewport()


def test_the_page_s_own_anchor_wins(world: World, reader: Reader) -> None:
    world.blog.head = "<style>#talk { margin-top: 5000px }</style>"
    world.blog.policy = STYLED
    world.blog.talk = f'{world.blog.snippet}<p style="margin-top: 3000px" id="respond">Mine</p>'
    reader.open(f"{world.post}#respond")
    reader.page.wait_for_timeout(300)
    expect(reader.page.get_by_text("Mine")).to_be_in_viewport()


# ---- browsers of earlier years ----

WITHOUT = {
    "constructable style sheets": "delete window.CSSStyleSheet.prototype.replaceSync",
    "adopted style sheets": "for (const one of [Document, ShadowRoot])"
    " Object.defineProperty(one.prototype, 'adoptedStyleSheets', { value: [], writable: false })",
    "layers": "delete window.CSSLayerBlockRule",
}


@pytest.mark.parametrize("missing", WITHOUT)
def test_styles_in_older_browsers(world: World, reader: Reader, missing: str) -> None:
    world.blog.policy = STYLED
    reader.page.add_init_script(WITHOUT[missing])
    reader.open(world.post)
    trap = reader.page.locator(".comments-trap")
    expect(trap).to_have_css("position", "absolute")
    expect(trap).to_have_css("clip-path", "inset(50%)")
    reader.say("Seen with an older browser")


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("theme", ["auto", "light", "dark", "high-contrast"])
def test_button_without_light_dark(world: World, reader: Reader, theme: str, scheme: str) -> None:
    """A browser drops declarations with an unknown function, so they are dropped here."""
    world.blog.attributes = {"theme": theme}
    paper = "#111; color: #eee" if scheme == "dark" else "#fff; color: #111"
    world.blog.head = f"<style>body {{ background: {paper} }}</style>"
    world.blog.policy = STYLED

    def older(text: str) -> str:
        text = re.sub(
            r"@supports not \(color: ?(light-dark|color-mix)\([^{]*\)\)", "@media all", text
        )
        return re.sub(r"(light-dark|color-mix)\(", r"un-\1(", text)

    reader.page.route(
        "**/embed.js",
        lambda route: route.fulfill(body=older(embedded(world)), content_type="text/javascript"),
    )
    reader.open(world.post)
    button = reader.send_button
    ink, ground = (
        button.evaluate(f"(one) => getComputedStyle(one).{name}")
        for name in ("color", "backgroundColor")
    )
    assert ink != ground
    assert ground not in {"rgba(0, 0, 0, 0)", "transparent"}


def embedded(world: World) -> str:
    return world.app.test_client().get("/embed.js").get_data(as_text=True)


@pytest.mark.parametrize("size", ["10px", "16px", "20px"])
def test_fields_do_not_make_phones_zoom(world: World, reader: Reader, size: str) -> None:
    world.blog.head = f"<style>body {{ font-size: {size} }}</style>"
    world.blog.policy = STYLED
    reader.open(world.post)
    for name in ("text", "name"):
        found = reader.field(name).evaluate("(one) => parseFloat(getComputedStyle(one).fontSize)")
        assert found >= max(16, int(size[:-2]))


# ---- how the script is loaded ----


def test_module_script(world: World, reader: Reader) -> None:
    world.say("Ruth", "Loaded as a module")
    world.blog.talk = world.blog.snippet.replace("<script", '<script type="module"')
    reader.open(world.post)
    expect(reader.comment("Loaded as a module")).to_be_visible()
    expect(reader.page.locator("#talk > script + comment-thread")).to_be_visible()


def test_dynamic_import(world: World, reader: Reader) -> None:
    world.say("Ruth", "Imported")
    world.blog.talk = "<p>Nothing yet</p>"
    reader.page.goto(world.post)
    reader.page.evaluate(
        """async (service) => {
          await import(`${service}/embed.js`);
          Comments.mount("#talk", { site: "default" });
        }""",
        world.service,
    )
    expect(reader.comment("Imported")).to_be_visible()
    reader.say("And written to")


# ---- what is wrong is said ----


def test_missing_site_is_said(world: World, reader: Reader) -> None:
    world.blog.talk = f'<script src="{world.service}/embed.js" async></script>'
    reader.page.goto(world.post)
    expect(reader.page.locator("#talk")).to_contain_text('Add data-site="KEY"')
    reader.expects('Add data-site="KEY"')


def test_element_without_a_site_is_said(world: World, reader: Reader) -> None:
    world.blog.talk = (
        f'<comment-thread></comment-thread><script src="{world.service}/embed.js" async></script>'
    )
    reader.page.goto(world.post)
    expect(reader.page.locator("comment-thread")).to_contain_text('Add data-site="KEY"')
    reader.expects('Add data-site="KEY"')
    world.say("Ruth", "There it is")
    reader.page.evaluate("document.querySelector('comment-thread').dataset.site = 'default'")
    expect(reader.comment("There it is")).to_be_visible()


def test_script_for_mounting_says_nothing(world: World, reader: Reader) -> None:
    world.blog.talk = f'<script src="{world.service}/embed.js" data-mount="none" async></script>'
    reader.page.goto(world.post, wait_until="networkidle")
    assert reader.page.locator("#talk").inner_text() == ""


def test_page_opened_as_a_file_is_said(world: World, reader: Reader, tmp_path: Path) -> None:
    page = tmp_path / "post.html"
    page.write_text(f"<!doctype html><title>A post</title>{world.blog.snippet}")
    reader.page.goto(page.as_uri())
    expect(reader.page.locator("comment-thread")).to_contain_text("Open it through a web server")
    reader.expects("opened as a file")


@pytest.mark.parametrize("policy", ["require-corp", "credentialless"])
def test_page_with_an_embedder_policy(
    world: World, reader: Reader, blog_stage: Stage, policy: str
) -> None:
    world.say("Ruth", "Embedded all the same")
    blog_stage.adding = {"Cross-Origin-Embedder-Policy": policy}
    reader.open(world.post)
    reader.field("text").focus()
    expect(reader.page.get_by_role("toolbar", name="Formatting")).to_be_visible()
    reader.say("And written to")


# ---- what the browser keeps ----

BOX = "Save my name and address in this browser for next time"


def test_name_is_kept_only_if_asked(world: World, reader: Reader) -> None:
    reader.open(world.post)
    box = reader.page.get_by_label(BOX)
    expect(box).not_to_be_checked()
    reader.field("email").fill("ada@example.org")
    reader.say("Not to be remembered")
    assert "ada@example.org" not in reader.stored()
    assert '"Ada' not in reader.stored()
    reader.reload()
    expect(reader.field("name")).to_have_value("")
    expect(box).not_to_be_checked()


def test_kept_name_can_be_cleared(world: World, reader: Reader) -> None:
    reader.open(world.post)
    box = reader.page.get_by_label(BOX)
    reader.field("email").fill("ada@example.org")
    box.check()
    reader.say("To be remembered")
    assert "ada@example.org" in reader.stored()
    reader.reload()
    expect(reader.field("name")).to_have_value("Ada")
    expect(reader.field("email")).to_have_value("ada@example.org")
    expect(box).to_be_checked()
    box.uncheck()
    assert "ada@example.org" not in reader.stored()
    reader.reload()
    expect(reader.field("name")).to_have_value("")
    expect(box).not_to_be_checked()


def test_forget_me_empties_the_form_and_the_browser(world: World, reader: Reader) -> None:
    reader.open(world.post)
    forget = reader.page.get_by_role("button", name="Forget me")
    expect(reader.page.get_by_label(BOX)).to_be_visible()
    expect(forget).to_be_hidden()
    reader.field("email").fill("ada@example.org")
    reader.page.get_by_label(BOX).check()
    reader.say("To be remembered")
    expect(forget).to_be_visible()
    expect(forget).to_have_css("text-decoration-line", "underline")
    reader.reload()
    reader.field("text").fill("Half a thought")
    forget.click()
    expect(forget).to_be_hidden()
    expect(reader.field("name")).to_be_focused()
    for name in ("name", "email"):
        expect(reader.field(name)).to_have_value("")
    expect(reader.page.get_by_label(BOX)).not_to_be_checked()
    assert "ada@example.org" not in reader.stored()
    assert '"Ada' not in reader.stored()
    reader.reload()
    expect(reader.field("text")).to_have_value("Half a thought")
    expect(reader.field("name")).to_have_value("")


def test_draft_restores_the_name_until_it_is_sent(world: World, reader: Reader) -> None:
    reader.open(world.post)
    reader.field("text").fill("A thought")
    expect(reader.page.get_by_role("toolbar", name="Formatting")).to_be_visible()
    reader.field("name").fill("Marlene")
    reader.field("email").fill("marlene@example.org")
    reader.reload()
    expect(reader.field("text")).to_have_value("A thought")
    expect(reader.field("name")).to_have_value("Marlene")
    assert "marlene@example.org" not in reader.stored(), "an address is kept only if asked"
    reader.send_button.click()
    expect(reader.comment("A thought")).to_contain_text("Marlene")
    assert "Marlene" not in reader.stored()
    reader.reload()
    expect(reader.field("name")).to_have_value("")


def test_box_needs_the_script(world: World, new_reader: MakeReader) -> None:
    plain = new_reader(java_script_enabled=False)
    plain.open(world.thread_page)
    expect(plain.page.get_by_label(BOX)).to_be_hidden()


def test_focus_stays_in_the_field_when_the_form_script_comes_late(
    world: World, reader: Reader
) -> None:
    reader.page.route("**/static/form.js", lambda route: route.abort(), times=1)
    reader.open(world.post)
    reader.page.wait_for_load_state("networkidle")
    reader.field("text").click()
    reader.page.keyboard.type("Typed meanwhile")
    focused(reader.field("text"))
    reader.field("name").fill("Ada")
    reader.send_button.click()
    expect(reader.comment("Typed meanwhile")).to_be_visible()
    reader.expects("ERR_FAILED")
