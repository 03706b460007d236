"""The embed check: find out why comments do not show up on a page, and how to fix it."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from urllib.parse import urlsplit

from sqlalchemy.orm import Session

from comment_service.fetching import FetchedPage
from comment_service.storage import tables as t
from comment_service.storage.comments import author_history
from comment_service.text import addresses, markup, policy
from comment_service.text.origins import is_registered
from comment_service.text.sentences import staff_sentence

OK, WARNING, PROBLEM = "ok", "warning", "problem"
SCRIPT = "embed.js"
FRAMING = "static/framing.js"
"""The script that embeds a thread in an iframe."""


_SCRIPT_LOADS = (
    ("script-src-elem", SCRIPT, "script-src"),
    ("connect-src", "thread", "connect-src"),
    ("img-src", "pictures/", "img-src"),
)
_FRAME_LOADS = (
    ("script-src-elem", FRAMING, "script-src"),
    ("frame-src", "frame.html", "frame-src"),
)
"""What a page loads from us: the CSP directive that applies, the path, the directive to change."""


@dataclass(frozen=True)
class Finding:
    """A finding: its status, a sentence, and how to fix it."""

    status: str  # "ok", "warning" or "problem"
    name: str
    sentence: str
    remedy: str = ""


SHARED_NETWORK = Finding(
    PROBLEM,
    "proxy",
    staff_sentence(
        "All comments of the last day come from one address, although many people wrote them."
    ),
    staff_sentence(
        "If the service is behind a proxy, set COMMENTS_TRUSTED_PROXIES to the proxy's address."
    ),
)


def check_readers(session: Session, sites: Sequence[t.Site], now: datetime) -> list[Finding]:
    """Return a finding if a proxy makes all readers of a site look like one."""
    since = now - timedelta(days=1)
    shared = any(author_history.all_share_a_network(session, site.id, since) for site in sites)
    return [SHARED_NETWORK] if shared else []


def check_page(*, sites: Sequence[t.Site], service: str, page: FetchedPage) -> list[Finding]:
    """Return the findings in the order in which to fix them.

    Args:
        sites: the sites that the page may belong to.
        service: the service's public URL, "" if it is not configured.
        page: the fetched page.
    """
    if page.status >= 400:
        words = staff_sentence("The page answers with %(status)s.", status=page.status)
        return [
            Finding(
                PROBLEM,
                "page",
                words,
                staff_sentence("Open the address yourself; publish the post."),
            )
        ]
    findings = [
        Finding(OK, "page", staff_sentence("The page answers (%(status)s).", status=page.status))
    ]
    parsed = markup.parse_page(page.html, page.url)
    base = service.rstrip("/") + "/" if service else ""
    findings += _check_redirect(page)
    script = _find_script(parsed, base)
    findings += _check_embed_code([site.key for site in sites], parsed, script, base)
    framed = script is not None and urlsplit(script["src"]).path.endswith(f"/{FRAMING}")
    if script is not None and not base:
        base = script["src"].partition("?")[0].removesuffix(FRAMING if framed else SCRIPT)
    site = _find_site(sites, script)
    if site is not None:
        findings += _check_origin(site, page.url)
        named = {"data-page", "data-mapping"} & set(script or {})
        findings += () if named else _check_canonical(site, page.url, parsed.canonical)
    if base:
        findings += _check_mixed_content(page.url, base)
        findings += _check_csp(page, parsed, base, (script or {}).get("nonce", ""), framed=framed)
    return findings


def _check_redirect(page: FetchedPage) -> Iterator[Finding]:
    if page.hops:
        words = staff_sentence(
            "%(before)s leads to %(after)s.", before=page.hops[0], after=page.url
        )
        yield Finding(OK, "redirect", words)


def _find_script(read: markup.PageMarkup, base: str) -> Mapping[str, str] | None:
    """Return our embed script in the page, or else any script with that name."""
    names = (f"/{SCRIPT}", f"/{FRAMING}")
    matching = [script for script in read.scripts if urlsplit(script["src"]).path.endswith(names)]
    own = [script for script in matching if base and script["src"].startswith(base)]
    return next(iter(own or matching), None)


def _embed_code(base: str, key: str) -> str:
    address = base or "https://comments.example/"
    return f'<script src="{address}{SCRIPT}" data-site="{key}" async></script>'


def _instead(base: str, key: str) -> str:
    return staff_sentence("Paste instead: %(code)s", code=_embed_code(base, key))


def _check_embed_code(
    known: Sequence[str], read: markup.PageMarkup, script: Mapping[str, str] | None, base: str
) -> Iterator[Finding]:
    """Check the embed code."""
    if script is None:
        yield Finding(
            PROBLEM,
            "snippet",
            staff_sentence("Nothing in the page loads %(script)s.", script=SCRIPT),
            staff_sentence(
                "Paste this where comments should appear: %(code)s",
                code=_embed_code(base, known[0] if known else ""),
            ),
        )
        return
    if base and not script["src"].startswith(base):
        words = staff_sentence(
            "The page loads %(script)s, which is not this service (%(service)s).",
            script=script["src"],
            service=base,
        )
        yield Finding(PROBLEM, "service", words, _instead(base, known[0]))
    key = script.get("data-site", "")
    if not key and not read.elements:
        words = staff_sentence("The script is there, but it names no site.")
        yield Finding(PROBLEM, "site", words, _instead(base, known[0]))
    elif key and key not in known:
        words = staff_sentence(
            "There is no site “%(key)s” here; there is %(keys)s.", key=key, keys=", ".join(known)
        )
        yield Finding(PROBLEM, "site", words, _instead(base, known[0]))
    else:
        yield Finding(
            OK, "snippet", staff_sentence("The script is in the page, for a site that exists.")
        )


def _find_site(sites: Sequence[t.Site], script: Mapping[str, str] | None) -> t.Site | None:
    """Return the site that the embed code names; if it names none, the only site."""
    key = (script or {}).get("data-site", "")
    only = sites[0] if len(sites) == 1 else None
    return next((site for site in sites if site.key == key), only if not key else None)


def _check_origin(site: t.Site, url: str) -> Iterator[Finding]:
    """Check that the page's origin is registered."""
    origin = addresses.origin(url)
    if is_registered(origin, site.origins):
        yield Finding(
            OK,
            "origin",
            staff_sentence("%(origin)s is registered for %(site)s.", origin=origin, site=site.name),
        )
    else:
        twin = _www_variant(origin)
        words = staff_sentence(
            "%(origin)s is not registered for %(site)s.", origin=origin, site=site.name
        )
        if is_registered(twin, site.origins):
            words = staff_sentence(
                "%(origin)s is not registered for %(site)s. %(twin)s is, which is another origin.",
                origin=origin,
                site=site.name,
                twin=twin,
            )
        yield Finding(PROBLEM, "origin", words, _add_origin(site, origin))


def _check_canonical(site: t.Site, url: str, canonical: str) -> Iterator[Finding]:
    """Check the canonical URL, which identifies the thread unless the embed code does."""
    if not canonical:
        words = staff_sentence(
            "The page has no canonical address: with other parameters after the ? it is "
            "another thread."
        )
        remedy = staff_sentence(
            'Put into its head: <link rel="canonical" href="%(address)s">',
            address=addresses.clean_page_url(url),
        )
        yield Finding(WARNING, "canonical", words, remedy)
        return
    try:
        origin = addresses.origin(canonical)
    except ValueError:
        words = staff_sentence(
            "The canonical address %(address)s is no address.", address=f"{canonical!r}"
        )
        yield Finding(
            PROBLEM, "canonical", words, staff_sentence("Write it in full, with https://.")
        )
        return
    if is_registered(origin, site.origins):
        yield Finding(
            OK,
            "canonical",
            staff_sentence("Its comments belong to %(address)s.", address=canonical),
        )
    else:
        words = staff_sentence(
            "Its comments belong to %(address)s, and %(origin)s is not registered.",
            address=canonical,
            origin=origin,
        )
        yield Finding(PROBLEM, "canonical", words, _add_origin(site, origin))


def _add_origin(site: t.Site, origin: str) -> str:
    return staff_sentence(
        "Add it on the page “Sites and origins”, or run: %(command)s",
        command=f"comment-service site add-origin {site.key} {origin}",
    )


def _www_variant(origin: str) -> str:
    """Return the same origin with or without "www."."""
    scheme, host = origin.split("://", 1)
    return f"{scheme}://{host[4:] if host.startswith('www.') else f'www.{host}'}"


def _check_mixed_content(url: str, base: str) -> Iterator[Finding]:
    """Check for mixed content: browsers do not load us over HTTP in a page over HTTPS."""
    local = urlsplit(base).hostname in {"localhost", "127.0.0.1", "::1"}
    if url.startswith("https:") and base.startswith("http:") and not local:
        words = staff_sentence(
            "The page comes over HTTPS and %(service)s does not: browsers do not load it.",
            service=base,
        )
        yield Finding(PROBLEM, "mixed", words, staff_sentence("Serve comments over HTTPS too."))


def _check_csp(
    page: FetchedPage, read: markup.PageMarkup, base: str, nonce: str, *, framed: bool
) -> Iterator[Finding]:
    """Check that the page's Content-Security-Policy allows us."""
    header = page.headers.get("content-security-policy", "")
    policies = policy.parse_all([header, *read.policies])
    required = _FRAME_LOADS if framed else _SCRIPT_LOADS
    missing = [
        name
        for directive, path, name in required
        if any(not policy.allows(p, directive, base + path, page.url, nonce) for p in policies)
    ]
    origin = addresses.origin(base)
    for name in missing:
        status = WARNING if name == "img-src" else PROBLEM
        words = staff_sentence(
            "The page's Content-Security-Policy does not let %(origin)s in (%(directive)s).",
            origin=origin,
            directive=name,
        )
        yield Finding(
            status,
            "csp",
            words,
            staff_sentence("Add %(origin)s to %(directive)s.", origin=origin, directive=name),
        )
    for directives in () if framed else policies:
        names = directives.get("trusted-types")
        if names is not None and not {"comments", "*"} & set(names):
            words = staff_sentence(
                "The page's Content-Security-Policy names the Trusted Types it allows, not ours."
            )
            yield Finding(PROBLEM, "csp", words, staff_sentence("Add comments to trusted-types."))
    if policies and not missing:
        yield Finding(
            OK, "csp", staff_sentence("The page's Content-Security-Policy lets comments in.")
        )
