"""Look at a blogger's page and say what keeps comments from it, with the line that mends it."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

from comment_service.fetching import Fetched
from comment_service.storage import tables as t
from comment_service.text import addresses, markup, policy

OK, WARNING, PROBLEM = "ok", "warning", "problem"
SCRIPT = "embed.js"
FRAMING = "static/framing.js"
"""The script that puts a thread into a frame."""


_WANTED = (
    ("script-src-elem", SCRIPT, "script-src"),
    ("connect-src", "thread", "connect-src"),
    ("img-src", "pictures/", "img-src"),
)
_FRAMED = (("script-src-elem", FRAMING, "script-src"), ("frame-src", "frame.html", "frame-src"))
"""What a page loads of ours: the directive that decides, a path, and the directive to mend."""


@dataclass(frozen=True)
class Found:
    """One thing that was looked at: how it is, and what to do about it."""

    status: str  # "ok", "warning" or "problem"
    name: str
    sentence: str
    remedy: str = ""


def examine(*, sites: Sequence[t.Site], service: str, page: Fetched) -> list[Found]:
    """Return what was found, in the order in which it should be mended.

    ``sites`` are those that the page may belong to; ``service`` is the service's own public
    address, "" where the configuration does not say it.
    """
    if page.status >= 400:
        words = f"The page answers with {page.status}."
        return [Found(PROBLEM, "page", words, "Open the address yourself; publish the post.")]
    found = [Found(OK, "page", f"The page answers ({page.status}).")]
    read = markup.read(page.html, page.url)
    base = service.rstrip("/") + "/" if service else ""
    found += _moved(page)
    script = _script(read, base)
    found += _snippet([site.key for site in sites], read, script, base)
    framed = script is not None and urlsplit(script["src"]).path.endswith(f"/{FRAMING}")
    if script is not None and not base:
        base = script["src"].partition("?")[0].removesuffix(FRAMING if framed else SCRIPT)
    site = _site(sites, script)
    if site is not None:
        found += _origin(site, page.url)
        named = {"data-page", "data-mapping"} & set(script or {})
        found += () if named else _canonical(site, page.url, read.canonical)
    if base:
        found += _mixed(page.url, base)
        found += _policies(page, read, base, (script or {}).get("nonce", ""), framed=framed)
    return found


def _moved(page: Fetched) -> Iterator[Found]:
    if page.hops:
        words = f"{page.hops[0]} leads to {page.url}."
        yield Found(OK, "redirect", words)


def _script(read: markup.PageMarkup, base: str) -> Mapping[str, str] | None:
    """Return the script that embeds us: ours, else any of that name."""
    names = (f"/{SCRIPT}", f"/{FRAMING}")
    named = [one for one in read.scripts if urlsplit(one["src"]).path.endswith(names)]
    ours = [one for one in named if base and one["src"].startswith(base)]
    return next(iter(ours or named), None)


def _line(base: str, key: str) -> str:
    address = base or "https://comments.example/"
    return f'<script src="{address}{SCRIPT}" data-site="{key}" async></script>'


def _snippet(
    known: Sequence[str], read: markup.PageMarkup, script: Mapping[str, str] | None, base: str
) -> Iterator[Found]:
    """Look for the line that is pasted."""
    if script is None:
        yield Found(
            PROBLEM,
            "snippet",
            f"Nothing in the page loads {SCRIPT}.",
            f"Paste this where the comments shall stand: {_line(base, known[0] if known else '')}",
        )
        return
    if base and not script["src"].startswith(base):
        words = f"The page loads {script['src']}, which is not this service ({base})."
        yield Found(PROBLEM, "service", words, f"Paste instead: {_line(base, known[0])}")
    key = script.get("data-site", "")
    if not key and not read.elements:
        words = "The script is there, but it names no site."
        yield Found(PROBLEM, "site", words, f"Paste instead: {_line(base, known[0])}")
    elif key and key not in known:
        words = f"There is no site “{key}” here; there is {', '.join(known)}."
        yield Found(PROBLEM, "site", words, f"Paste instead: {_line(base, known[0])}")
    else:
        yield Found(OK, "snippet", "The script is in the page, for a site that exists.")


def _site(sites: Sequence[t.Site], script: Mapping[str, str] | None) -> t.Site | None:
    """Return the site that the page names; the only one where it names none."""
    key = (script or {}).get("data-site", "")
    only = sites[0] if len(sites) == 1 else None
    return next((site for site in sites if site.key == key), only if not key else None)


def _origin(site: t.Site, url: str) -> Iterator[Found]:
    """Look whether the page's origin is registered."""
    origin = addresses.origin(url)
    if origin in site.origins:
        yield Found(OK, "origin", f"{origin} is registered for {site.name}.")
    else:
        twin = _twin(origin)
        hint = f" {twin} is, which is another origin." if twin in site.origins else ""
        command = f"comment-service site add-origin {site.key} {origin}"
        words = f"{origin} is not registered for {site.name}.{hint}"
        yield Found(PROBLEM, "origin", words, f"Run: {command}")


def _canonical(site: t.Site, url: str, canonical: str) -> Iterator[Found]:
    """Look under which address a page that does not say it in the snippet is one thread."""
    if not canonical:
        words = (
            "The page has no canonical address: with other parameters after the ? it is another "
            "thread."
        )
        remedy = f'Put into its head: <link rel="canonical" href="{addresses.page_address(url)}">'
        yield Found(WARNING, "canonical", words, remedy)
        return
    try:
        there = addresses.origin(canonical)
    except ValueError:
        words = f"The canonical address {canonical!r} is no address."
        yield Found(PROBLEM, "canonical", words, "Write it in full, with https://.")
        return
    if there in site.origins:
        yield Found(OK, "canonical", f"Its comments belong to {canonical}.")
    else:
        words = f"Its comments belong to {canonical}, and {there} is not registered."
        command = f"comment-service site add-origin {site.key} {there}"
        yield Found(PROBLEM, "canonical", words, f"Run: {command}")


def _twin(origin: str) -> str:
    """Return the same origin with www or without."""
    scheme, host = origin.split("://", 1)
    return f"{scheme}://{host[4:] if host.startswith('www.') else f'www.{host}'}"


def _mixed(url: str, base: str) -> Iterator[Found]:
    """Look whether a page over HTTPS would load us over HTTP, which no browser does."""
    local = urlsplit(base).hostname in {"localhost", "127.0.0.1", "::1"}
    if url.startswith("https:") and base.startswith("http:") and not local:
        words = f"The page comes over HTTPS and {base} does not: browsers do not load it."
        yield Found(PROBLEM, "mixed", words, "Serve comments over HTTPS too.")


def _policies(
    page: Fetched, read: markup.PageMarkup, base: str, nonce: str, *, framed: bool
) -> Iterator[Found]:
    """Look whether the page's own policy lets us in."""
    header = page.headers.get("content-security-policy", "")
    found = policy.parse_all([header, *read.policies])
    wanted = _FRAMED if framed else _WANTED
    missing = [
        said
        for directive, path, said in wanted
        if any(not policy.allows(p, directive, base + path, page.url, nonce) for p in found)
    ]
    origin = addresses.origin(base)
    for said in missing:
        status = WARNING if said == "img-src" else PROBLEM
        words = f"The page's Content-Security-Policy does not let {origin} in ({said})."
        yield Found(status, "csp", words, f"Add {origin} to {said}.")
    for one in () if framed else found:
        names = one.get("trusted-types")
        if names is not None and not {"comments", "*"} & set(names):
            words = (
                "The page's Content-Security-Policy names the Trusted Types it allows, not ours."
            )
            yield Found(PROBLEM, "csp", words, "Add comments to trusted-types.")
    if found and not missing:
        yield Found(OK, "csp", "The page's Content-Security-Policy lets comments in.")
