"""Every moderation page in each of its states, and how to get there."""

from collections.abc import Callable
from dataclasses import dataclass

import pyotp
from playwright.sync_api import Page, expect

from comment_service.actions.readers import sign_in
from comment_service.web.http.viewer import MODERATOR_COOKIE
from tests.browser.populated_site import CANDIDATE, Furnished
from tests.browser.reader import Reader


class Visit:
    """A visitor's browser on the busy site: an owner's or an anonymous one."""

    def __init__(self, house: Furnished, reader: Reader, *, known: bool) -> None:
        self.house = house
        self.reader = reader
        self.page: Page = reader.page
        if known:
            cookie = house.owner.client.get_cookie(MODERATOR_COOKIE)
            assert cookie is not None
            kept = {"name": MODERATOR_COOKIE, "value": cookie.value, "url": house.world.service}
            reader.context.add_cookies([kept])  # type: ignore[list-item]

    def go(self, path: str) -> None:
        self.page.goto(self.house.world.service + path)

    def press(self, name: str) -> None:
        self.page.get_by_role("button", name=name).first.click()


Open = Callable[[Visit], None]


@dataclass(frozen=True)
class Look:
    """One page in one state."""

    name: str
    endpoint: str  # the endpoint of its URL, "" on the blog
    open: Open
    known: bool = True
    method: str = "GET"


def at(name: str, endpoint: str, path: str, *, known: bool = True) -> Look:
    return Look(name, endpoint, lambda visit: visit.go("/moderation/" + path), known)


def sent(name: str, endpoint: str, way: Open, *, known: bool = True) -> Look:
    return Look(name, endpoint, way, known, "POST")


# ---- states that need more than a URL ----


def details(visit: Visit) -> None:
    visit.go("/moderation/pending")
    for summary in visit.page.locator("details > summary").all()[:4]:
        summary.click()
    visit.page.get_by_label("Select").first.check()


def found(visit: Visit) -> None:
    visit.go("/moderation/all?q=number&score_from=0.1&reason=words")
    visit.page.get_by_text("Filters", exact=True).click()


def sites_open(visit: Visit) -> None:
    visit.go("/moderation/sites/")
    visit.page.locator("details > summary").get_by_text("Rename or remove").first.click()


def sites_refused(visit: Visit) -> None:
    visit.go("/moderation/sites/")
    visit.page.get_by_label("Add an origin").first.fill("https://*.co.uk")
    visit.press("Add origin")
    expect(visit.page.locator("main .problem").first).to_be_visible()


def comment(visit: Visit) -> None:
    visit.go(f"/moderation/comments/{visit.house.held[0]}?done=closed")
    for summary in visit.page.locator("details > summary:visible").all():
        summary.click()


def comment_part(name: str) -> Open:
    def opened(visit: Visit) -> None:
        visit.go(f"/moderation/comments/{visit.house.held[0]}")
        visit.page.get_by_role("tab", name=name).click()
        expect(visit.page.get_by_role("tabpanel", name=name)).to_be_visible()

    return opened


def erase(visit: Visit) -> None:
    visit.go(f"/moderation/comments/{visit.house.held[4]}/erase")


def collision(visit: Visit) -> None:
    number = visit.house.held[-1]
    visit.house.second.decide(number, "hold")
    visit.go(f"/moderation/comments/{number}")
    visit.house.second.decide(number, "spam")
    visit.press("Approve")
    expect(visit.page.get_by_role("heading", name="Decided in between")).to_be_visible()


def batch_before(visit: Visit) -> None:
    visit.go("/moderation/pending?q=number")
    visit.page.locator("#whole button").first.click()


def spam_before(visit: Visit) -> None:
    visit.go("/moderation/spam")
    visit.press("Empty spam…")
    expect(visit.page.get_by_role("heading", level=1)).to_contain_text("for good?")


def batch_half(visit: Visit) -> None:
    visit.go(f"/moderation/batches/{visit.house.half}?next=/moderation/pending")


def batch_done(visit: Visit) -> None:
    visit.go(f"/moderation/batches/{visit.house.half - 1}?next=/moderation/pending")


def rules_refused(visit: Visit) -> None:
    visit.go("/moderation/rules/")
    visit.page.get_by_label("Comments an hour from one author").fill("-5")
    visit.page.get_by_label("Minimum writing time").fill("many")
    visit.page.locator("form[action*=rules] button").first.click()


def causes_before(visit: Visit) -> None:
    visit.go("/moderation/causes/")
    visit.page.get_by_label("a model", exact=True).check()
    visit.page.locator("select[name=model]").select_option("fake-1")
    visit.page.locator("input[name=since]").fill("2026-01-01")
    visit.press("Preview")
    expect(visit.page.locator(".tried")).to_be_visible()


def causes_refused(visit: Visit) -> None:
    visit.go("/moderation/causes/")
    visit.page.locator("form").nth(1).evaluate("form => { form.noValidate = true }")
    visit.press("Preview")


def doctor_refused(visit: Visit) -> None:
    visit.go("/moderation/doctor/")
    visit.page.fill("#url", "http://127.0.0.1:1/a-post-that-is-not-there")
    visit.press("Check")


def page(visit: Visit) -> None:
    visit.go(f"/moderation/pages/{visit.house.post_page}?done=alias")


def page_webmentions(visit: Visit) -> None:
    visit.go(f"/moderation/pages/{visit.house.second_page}")
    visit.press("Send Webmentions")
    expect(visit.page.get_by_text("The Webmentions are being sent.")).to_be_visible()


def page_threads(visit: Visit) -> None:
    visit.go(f"/moderation/pages/{visit.house.second_page}")
    visit.page.locator("#thread").fill("https://m.example/@name/1")
    visit.page.locator("form[action$=threads] button").click()
    expect(visit.page.get_by_text("The post is added")).to_be_visible()
    visit.page.locator("summary", has_text="Remove").click()


def page_split(visit: Visit) -> None:
    visit.go(f"/moderation/pages/{visit.house.post_page}/split")


def page_refused(visit: Visit) -> None:
    visit.go(f"/moderation/pages/{visit.house.second_page}")
    visit.page.locator("#alias").fill(visit.house.world.post)
    visit.page.locator("form[action$=aliases] button").click()
    expect(visit.page.locator("#alias-note a")).to_be_visible()


def page_asked(visit: Visit) -> None:
    visit.go(f"/moderation/pages/{visit.house.second_page}")
    visit.press("Detect URL")
    expect(visit.page.locator("[role=alert]")).to_be_visible()


def page_split_refused(visit: Visit) -> None:
    visit.go(f"/moderation/pages/{visit.house.post_page}/split")
    visit.page.locator("#url").fill(visit.house.world.post)
    visit.page.get_by_role("checkbox").first.check()
    visit.press("Move the chosen")
    expect(visit.page.locator("#url-note .problem")).to_be_visible()


def import_refused(visit: Visit) -> None:
    visit.go("/moderation/import/")
    for label, typed in (
        ("Address of the blog", "http://blog.example"),
        ("User name in WordPress", "mod"),
        ("Application password", "abcd efgh"),
    ):
        visit.page.get_by_label(label).fill(typed)
    visit.press("Fetch and check")
    expect(visit.page.locator(".problem")).to_contain_text("https://")
    expect(visit.page.get_by_label("Application password")).to_have_value("")


def page_merge(visit: Visit) -> None:
    visit.go("/moderation/pages/")
    visit.page.get_by_role("link", name="Merge").first.click()
    expect(visit.page.get_by_role("heading", level=1)).to_contain_text("Make two threads one")


def snippet(visit: Visit) -> None:
    visit.go("/moderation/snippet/?sort=newest&lang=ar")
    expect(visit.page.frame_locator("iframe").locator(".comments-list")).to_be_visible()


def snippet_frame(visit: Visit) -> None:
    visit.go("/moderation/snippet/?kind=frame&theme=dark")
    expect(visit.page.frame_locator("iframe").locator(".comments-list")).to_be_visible()


def invited_link(visit: Visit) -> None:
    visit.go("/moderation/people/")
    visit.page.locator("#email").fill("guest@blog.example")
    visit.press("Create invite link")
    expect(visit.page.locator(".tried")).to_be_visible()


def own_role(visit: Visit) -> None:
    visit.go("/moderation/people/")
    visit.press("Give up role")
    expect(visit.page.get_by_role("heading", name="Give up your own role?")).to_be_visible()


def invitation(visit: Visit) -> None:
    address = "noor@blog.example"
    sent = {"email": address, "name": "نور الهدى", "role": "moderator", "where": "default"}
    answer = visit.house.owner.post("/moderation/people/invite", **sent)
    link = answer.get_data(as_text=True).split("/moderation/invite/")[1].split("<")[0]
    visit.go("/moderation/invite/" + link)


def account_asked(visit: Visit) -> None:
    visit.go("/moderation/me/")
    visit.press("Begin")
    expect(visit.page.locator(".qr")).to_be_visible()


def account_codes(visit: Visit) -> None:
    visit.go("/moderation/me/")
    if not visit.page.locator(".qr").count():
        account_asked(visit)
    secret = visit.page.locator(".qr + pre").inner_text()
    now = visit.house.app.extensions["comments"].now()
    visit.page.get_by_role("textbox", name="Code").fill(pyotp.TOTP(secret).at(now))
    visit.press("Turn on")
    expect(visit.page.locator(".tried")).to_be_visible()


def account_refused(visit: Visit) -> None:
    visit.go("/moderation/me/")
    visit.page.locator("#new").fill("one")
    visit.page.locator("#again").fill("another")
    visit.press("Change")


def replies_open(visit: Visit) -> None:
    visit.go("/moderation/replies/")
    for summary in visit.page.locator("details > summary").all():
        summary.click()


def week(visit: Visit) -> None:
    visit.go("/moderation/week/")
    visit.page.get_by_text("In numbers").click()


def person_found(visit: Visit) -> None:
    visit.go("/moderation/person/")
    visit.page.get_by_label("E-mail address").fill("ilse@example.org")
    visit.press("Find")
    expect(visit.page.get_by_role("heading", name="Stored under")).to_be_visible()


def person_refused(visit: Visit) -> None:
    person_found(visit)
    visit.page.locator("form[action*=erase]").evaluate("form => { form.noValidate = true }")
    visit.press("Erase")


def mail(visit: Visit) -> None:
    visit.go(visit.house.mail_link() + "?do=spam")


def mail_spent(visit: Visit) -> None:
    visit.go("/moderation/mail/used")


def sign_in_refused(visit: Visit) -> None:
    visit.go("/moderation/sign-in")
    visit.page.get_by_label("E-mail or name").fill("mod@blog.example")
    visit.page.get_by_label("Password").fill("wrong")
    visit.press("Sign in")


def setup(visit: Visit) -> None:
    visit.page.goto(visit.house.world.setup_link())


def setup_refused(visit: Visit) -> None:
    setup(visit)
    visit.page.locator("form").evaluate("form => { form.noValidate = true }")
    visit.press("Set up")


def enter(visit: Visit) -> None:
    visit.page.goto(visit.house.world.link("Wolfgang Amadeus"))


def report_page(visit: Visit) -> None:
    visit.go(f"/report?comment={visit.house.public}")


def report_refused(visit: Visit) -> None:
    report_page(visit)
    visit.page.locator("form").evaluate("form => { form.noValidate = true }")
    visit.press("Report")


def report_dialog(visit: Visit) -> None:
    visit.page.goto(visit.house.world.post)
    link = visit.page.locator(".comments-report").first
    link.click()
    expect(visit.page.get_by_role("dialog")).to_be_visible()


def here(visit: Visit) -> None:
    challenge = sign_in.challenge_of("v" * 43)
    visit.go(f"/moderation/here/?site=default&url={visit.house.world.post}&challenge={challenge}")


def here_refused(visit: Visit) -> None:
    here(visit)
    visit.page.get_by_label("Code that the page shows").fill("AAAA")
    visit.press("Moderate here")


LOOKS = [
    at("queue-pending", "moderation.queue", "pending"),
    Look("queue-details", "moderation.queue", details),
    Look("queue-found", "moderation.queue", found),
    *(at(f"queue-{q}", "moderation.queue", q) for q in ("reported", "spam", "published")),
    *(at(f"queue-{q}", "moderation.queue", q) for q in ("rejected", "all")),
    at("queue-nothing", "moderation.queue", "pending?q=nowhere"),
    at("first", "moderation.first", "first"),
    Look("comment", "moderation.comment", comment),
    *(
        Look(f"comment-{name.lower()}", "moderation.comment", comment_part(name))
        for name in ("History", "Author", "Edit")
    ),
    Look("erase", "moderation.ask_erase", erase),
    sent("collision", "moderation.decide", collision),
    sent("batch-before", "moderation.choose", batch_before),
    sent("spam-before", "moderation.choose", spam_before),
    Look("batch-half", "moderation.batch", batch_half),
    Look("batch-done", "moderation.batch", batch_done),
    Look("here", "in_place_window.show", here),
    sent("here-refused", "in_place_window.confirm", here_refused),
    at("first-steps", "first_steps.show", "start/"),
    Look("sites", "sites.show", sites_open),
    at("site-remove", "sites.ask_remove", "sites/1/remove"),
    sent("sites-refused", "sites.add_origin", sites_refused),
    at("rules", "rules.show", "rules/"),
    at("rules-strict", "rules.show", "rules/?preset=strict"),
    at("rules-saved", "rules.show", "rules/?saved=1"),
    at("rule-changes", "rules.changes", "rules/changes"),
    at("blocklists", "rules.blocklists", "rules/lists"),
    at("page-rules", "rules.pages", "rules/pages"),
    sent("rules-refused", "rules.settle", rules_refused),
    at("pages", "pages.show", "pages/"),
    at("pages-found", "pages.show", "pages/?q=post"),
    at("pages-nothing", "pages.show", "pages/?q=nowhere"),
    Look("page", "pages.one", page),
    sent("page-refused", "pages.add_alias", page_refused),
    sent("page-asked", "pages.look", page_asked),
    Look("page-webmentions", "pages.one", page_webmentions),
    Look("page-threads", "pages.one", page_threads),
    Look("page-merge", "pages.preview", page_merge),
    Look("page-split", "pages.choose", page_split),
    sent("page-split-refused", "pages.split", page_split_refused),
    at("causes", "bulk_undo.show", "causes/"),
    sent("causes-before", "bulk_undo.take", causes_before),
    sent("causes-refused", "bulk_undo.take", causes_refused),
    at("model", "filter.model", "model/"),
    at("model-versions", "filter.all_versions", "model/versions"),
    at("model-version", "filter.version", f"model/versions/{CANDIDATE}"),
    at("model-switches", "filter.all_switches", "model/switches"),
    at("model-sources", "filter.all_sources", "model/sources"),
    at("model-forgotten", "filter.all_forgotten", "model/forgotten"),
    at("model-cell", "filter.cell", "model/cells/published/spam"),
    at("doctor", "embed_check.show", "doctor/"),
    sent("doctor-refused", "embed_check.look", doctor_refused),
    at("export", "export.show", "export/"),
    at("person", "person.show", "person/"),
    sent("person-found", "person.find", person_found),
    sent("person-refused", "person.erase", person_refused),
    at("import", "imports.show", "import/"),
    sent("import-live-refused", "imports.fetch", import_refused),
    *(at(f"import-{n}", "imports.one", f"import/{n}") for n in range(1, 5)),
    at("people", "team.show", "people/"),
    sent("people-link", "team.invite", invited_link),
    sent("people-own-role", "team.remove", own_role),
    at("people-changes", "team.changes", "people/changes"),
    Look("invitation", "staff_login.invited", invitation, known=False),
    Look("invitation-other", "staff_login.invited", invitation),
    at("me", "my_account.show", "me/"),
    sent("me-refused", "my_account.change_password", account_refused),
    Look("me-asked", "my_account.show", account_asked),
    sent("me-codes", "my_account.confirm_second", account_codes),
    at("second", "staff_login.second", "second", known=False),
    Look("replies", "moderation.replies", replies_open),
    Look("week", "moderation.week", week),
    at("check", "moderation.check", "check/"),
    at("api-keys", "api_keys.show", "api-keys/"),
    at("webhooks", "webhooks.show", "webhooks/"),
    at("webhook", "webhooks.one", "webhooks/1"),
    at("webhook-delivery", "webhooks.delivery", "webhooks/1/deliveries/1"),
    at("checked", "external_checks.show", "checked/"),
    Look("snippet", "embed_code.show", snippet),
    Look("snippet-frame", "embed_code.show", snippet_frame),
    at("snippet-preview", "embed_code.preview", "snippet/preview?theme=dark&position=top"),
    at("sign-in", "staff_login.sign_in", "sign-in", known=False),
    sent("sign-in-refused", "staff_login.sign_in_post", sign_in_refused, known=False),
    Look("setup", "staff_login.setup", setup, known=False),
    sent("setup-refused", "staff_login.setup_post", setup_refused, known=False),
    Look("enter", "staff_login.enter", enter, known=False),
    Look("mail", "mail_decision.show", mail, known=False),
    Look("mail-spent", "mail_decision.show", mail_spent, known=False),
    Look("report", "reports.show", report_page, known=False),
    sent("report-refused", "reports.send", report_refused, known=False),
    Look("report-dialog", "", report_dialog, known=False),
]
