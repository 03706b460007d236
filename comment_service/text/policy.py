"""Evaluate a page's Content-Security-Policy (CSP Level 3), as far as an embed needs it."""

from collections.abc import Iterable, Mapping, Sequence
from urllib.parse import urlsplit

_FALLBACK = {
    "script-src-elem": "script-src",
    "script-src": "default-src",
    "connect-src": "default-src",
    "frame-src": "child-src",
    "child-src": "default-src",
    "img-src": "default-src",
}
"""Directive → the directive that applies if it is missing."""

Policy = Mapping[str, Sequence[str]]


def parse(text: str) -> Policy:
    """Return directive → its sources; the first of two equal directives counts."""
    found: dict[str, Sequence[str]] = {}
    for part in text.split(";"):
        name, *sources = part.split() or [""]
        if name and name.lower() not in found:
            found[name.lower()] = sources
    return found


def parse_all(headers: Iterable[str]) -> Sequence[Policy]:
    """Return every policy of a page; a resource needs the permission of each."""
    return [parse(policy) for header in headers for policy in header.split(",") if policy.strip()]


def allows(policy: Policy, directive: str, url: str, page: str, nonce: str = "") -> bool:
    """Return True if a policy allows a page to load a resource from a URL."""
    sources = _sources(policy, directive)
    if sources is None:
        return True
    if nonce and f"'nonce-{nonce}'" in sources:
        return True
    if "'strict-dynamic'" in sources and directive.startswith("script"):
        return False  # only a nonce or a hash counts then
    return any(_matches(source.lower(), url, page) for source in sources)


def _sources(policy: Policy, directive: str) -> Sequence[str] | None:
    """Return the sources that apply to a directive, None if nothing restricts it."""
    name: str | None = directive
    while name is not None and name not in policy:
        name = _FALLBACK.get(name)
    return policy[name] if name is not None else None


def _matches(source: str, url: str, page: str) -> bool:
    """Return True if one source expression covers a URL."""
    target, here = urlsplit(url), urlsplit(page)
    if source == "'self'":
        return (target.scheme, target.netloc) == (here.scheme, here.netloc)
    if source == "*":
        return target.scheme in {"http", "https", here.scheme}
    if source.endswith(":") and "/" not in source:
        return target.scheme == source[:-1]
    try:
        expression = urlsplit(source if "://" in source else f"//{source}")
    except ValueError:  # such as "http://[": browsers ignore it
        return False
    if expression.scheme and target.scheme not in {expression.scheme, f"{expression.scheme}s"}:
        return False
    host, allowed = target.hostname or "", expression.hostname or ""
    fits = host.endswith(allowed[1:]) if allowed.startswith("*.") else host == allowed
    path = expression.path
    inside = not path or (
        target.path.startswith(path) if path.endswith("/") else target.path == path
    )
    return fits and _same_port(expression.netloc, target.port, target.scheme) and inside


def _same_port(netloc: str, port: int | None, scheme: str) -> bool:
    """Return True if a source's port covers a URL's."""
    _, _, named = netloc.rpartition(":") if ":" in netloc else ("", "", "")
    usual = {"http": 80, "https": 443}.get(scheme)
    if named == "*":
        return True
    return (port or usual) == (int(named) if named.isdigit() else usual)
