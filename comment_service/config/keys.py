"""All ``COMMENTS_*`` keys with default and meaning, as the frozen dataclass ``Settings``."""

import math
import os
import re
from collections.abc import Mapping
from dataclasses import MISSING, Field, dataclass, field, fields
from email.utils import parseaddr
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from comment_service.config.backup_plan import parse_backup_plan
from comment_service.config.proxies import parse_networks

PREFIX = "COMMENTS_"


def _key(default: Any, meaning: str) -> Any:
    """Declare one key with its default and its meaning; both are printed in the docs."""
    if default is dict:
        return field(default_factory=dict, metadata={"meaning": meaning})
    return field(default=default, metadata={"meaning": meaning})


def _default_folder() -> str:
    """Return a server's default data folder: the user's data folder."""
    root = os.environ.get("XDG_DATA_HOME") or str(Path.home() / ".local" / "share")
    return str(Path(root) / "comment_service")


@dataclass(frozen=True)
class Settings:
    """One installation's settings; names of durations contain the unit."""

    folder: str = _key(
        "",
        "Folder for the database and the secret; created with permissions 0700. "
        "Empty: `$XDG_DATA_HOME/comment_service` for a server, the instance folder of a host.",
    )
    secret_key: str = _key(
        "", "Signs tokens and keys the hashes of addresses. Empty: generated once in the folder."
    )
    database_url: str = _key(
        "", "SQLAlchemy URL. Empty: SQLite in the folder. `postgresql://…` needs the extra."
    )
    database_schema: str = _key(
        "",
        "PostgreSQL schema of the tables, created if it does not exist; so a host's database "
        "can be shared without mixing tables. Empty: the connection's default schema.",
    )
    replica_url: str = _key(
        "",
        "URL of a streaming replica of that PostgreSQL server, from which public pages are read "
        "while it is up to date. Empty: none. See docs/scaling.md.",
    )
    allow_volatile: bool = _key(
        False, "Accept a SQLite database below a path that is emptied at reboot (tests only)."
    )
    testing: bool = _key(
        False,
        "For the tests of a host application: an empty database in memory, no worker, no minimum "
        "writing time, listeners are called at once. On by itself if the host's `TESTING` is on "
        "and no database is configured.",
    )
    auto_migrate: bool = _key(True, "Migrate the database to the newest schema at start.")
    public_url: str = _key(
        "",
        "URL under which browsers reach the service, with its path if it has one "
        "(`https://blog.example/comments`). All links use it, and cookies are marked secure if it "
        "is https. Without it, readers cannot subscribe to new comments by mail.",
    )
    site: str = _key("default", "Key of the site that an embedding host or a new server serves.")
    site_name: str = _key("My blog", "Name of that site when it is created.")
    origins: tuple[str, ...] = _key(
        (), "Origins (`https://blog.example`) registered for that site when it is created."
    )
    prefix: str = _key("/comments", "Path under which a host application mounts the service.")
    trusted_proxies: tuple[str, ...] = _key(
        (),
        "Reverse proxies whose X-Forwarded-For, -Proto and -Prefix (or Forwarded) headers are "
        "trusted: addresses, networks such as `10.0.0.0/8`, or `unix:` for a Unix socket. "
        "With a CDN in front of the proxy, name the networks of both.",
    )
    policy: str = _key(
        "uncertain",
        "What is held for review: `publish` only what a rule holds, `uncertain` also suspicious "
        "comments and first comments with links, `first` also every first comment, `all` all.",
    )
    model_path: str = _key("", "Folder of the spam model. Empty: the shipped model.")
    hold_at: float = _key(
        0.0, "Probability of spam from which a comment is held. 0: the model card's value."
    )
    spam_at: float = _key(
        0.0, "Probability from which it is filed as spam. 0: the model card's value."
    )
    retrain_labels: int = _key(25, "Number of new decisions that starts a training at once.")
    retrain_least: int = _key(5, "Minimum number of new decisions for the daily training.")
    max_links: int = _key(2, "Comments with more links than this are held.")
    rate_minute: int = _key(
        5,
        "Submissions per author and minute. What a network sends above that is held, and six "
        "times as many are refused.",
    )
    rate_hour: int = _key(40, "Submissions per author and hour; for a network likewise.")
    likes_hour: int = _key(120, "Likes that one network may give or remove per hour.")
    limits_url: str = _key(
        "memory://",
        "Where requests are counted whose limits are not read from stored comments: likes, "
        "previews, sign-in, calls of the API. `memory://` counts in each process; "
        "`redis://HOST:6379/0` (or `rediss://…`) counts for all processes together and needs the "
        "extra `redis`.",
    )
    min_seconds: float = _key(2.0, "Minimum writing time in seconds; faster comments are held.")
    form_hours: float = _key(24.0, "Hours for which an open form stays valid.")
    max_length: int = _key(10_000, "Maximum length of a comment in characters.")
    max_body: int = _key(131_072, "Maximum size of a request in bytes.")
    import_megabytes: int = _key(
        200, "Largest export in megabytes that an owner can upload; the command takes any."
    )
    page_size: int = _key(
        25, "Top-level comments per page of a thread, and comments per page of a queue."
    )
    replies_shown: int = _key(20, "Replies shown under one top-level comment before “more”.")
    cache_megabytes: int = _key(
        32,
        "Memory for public answers that each process keeps ready, in megabytes; 0 keeps none. An "
        "eighth of it more holds rendered comments.",
    )
    cache_url: str = _key(
        "",
        "`redis://HOST:6379/1` (or `rediss://…`): a Redis server through which the processes of "
        "several machines share rendered threads; needs the extra `redis`. Empty: none.",
    )
    heading_level: int = _key(2, "Level of the thread's heading (2 to 5).")
    locale: str = _key("en", "Language of pages that do not specify one.")
    network_days: int = _key(
        30, "Days after which the keyed hash of an author's address is deleted; 0 keeps it."
    )
    spam_days: int = _key(
        30,
        "Days after which comments that stayed in the spam queue are deleted permanently; "
        "0 keeps them.",
    )
    session_days: int = _key(30, "Days for which a moderator stays signed in.")
    visitor_days: int = _key(365, "Days for which a visitor's browser is recognised.")
    grace: float = _key(
        10.0,
        "Seconds that requests, and the delivery that the worker makes, have to end after SIGTERM.",
    )
    worker: bool = _key(True, "Run the background worker as a thread of the server.")
    backup: str = _key(
        "",
        "Backups that the worker makes: `hourly`, `daily` or `weekly`, and how many are kept, such "
        "as `daily:14`. Empty: none. See docs/backup.md.",
    )
    backup_folder: str = _key(
        "", "Folder of these backups, best on another disk. Empty: `backups` in the data folder."
    )
    providers: Mapping[str, Any] = _key(
        dict,
        "Sign-in providers: a table for each, see docs/sign-in.md. In the environment "
        "as JSON, or one variable per value: `COMMENTS_PROVIDERS__GITHUB__CLIENT_ID`.",
    )
    email_sign_in: bool = _key(
        True, "Let readers sign in with a link by e-mail; needs `smtp_url` and `public_url`."
    )
    gravatar: bool = _key(
        False, "Fetch the picture of a verified address from Gravatar once; this service serves it."
    )
    passkeys: bool = _key(True, "Let readers sign in with a passkey.")
    sso_secret: str = _key(
        "", "Secret for signed single sign-on, at least 32 characters; see docs/sign-in.md."
    )
    amp: bool = _key(
        False,
        "Let AMP caches embed threads (`/frame.html?…&amp=1`). All AMP pages come from the same "
        "caches, so another site's page could trick readers into likes and reports.",
    )
    account_days: int = _key(30, "Days without a visit after which a reader is signed out.")
    log: str = _key(
        "text",
        "`text`: warnings and errors as lines. `json`: also every request (route, status, time, "
        "id; no address and no query), one JSON object in each line.",
    )
    slow_query_ms: float = _key(
        0.0, "Log statements of the database that take at least as long, without values. 0: off."
    )
    webhook_private: bool = _key(
        False,
        "Let webhooks send to addresses of this machine and of private networks, also without "
        "https. On for all sites: their owners could then reach your network.",
    )
    security_contact: str = _key(
        "",
        "Address (`mailto:…` or `https://…`) for reports of vulnerabilities, served at "
        "`/.well-known/security.txt`. Empty: no such file.",
    )
    metrics_token: str = _key(
        "", "Bearer token that a scraper of `/metrics` must send. Empty: no metrics."
    )
    smtp_url: str = _key(
        "", "Mail server, `smtp://user:password@host:587` or `smtps://…`. Empty: no mails."
    )
    mail_from: str = _key("", "Sender address of mails.")
    mail_to: tuple[str, ...] = _key(
        (), "Additional addresses that are notified of pending comments."
    )

    def __post_init__(self) -> None:
        """Refuse invalid values.

        Raises:
            ValueError: names the key and its valid values.
        """
        _check(self)


_MOST_DAYS = 36_500
_LIMITS: Mapping[str, tuple[float, float]] = {
    "retrain_labels": (1, math.inf),
    "retrain_least": (1, math.inf),
    "max_links": (0, math.inf),
    "rate_minute": (1, math.inf),
    "rate_hour": (1, math.inf),
    "likes_hour": (1, math.inf),
    "min_seconds": (0, math.inf),
    "form_hours": (0.1, 24 * _MOST_DAYS),
    "max_length": (1, math.inf),
    "max_body": (1, math.inf),
    "import_megabytes": (1, math.inf),
    "page_size": (1, math.inf),
    "replies_shown": (1, math.inf),
    "cache_megabytes": (0, math.inf),
    "heading_level": (2, 5),
    "network_days": (0, _MOST_DAYS),
    "spam_days": (0, _MOST_DAYS),
    "session_days": (1, _MOST_DAYS),
    "visitor_days": (1, _MOST_DAYS),
    "account_days": (1, _MOST_DAYS),
    "grace": (0, math.inf),
    "slow_query_ms": (0, math.inf),
}
"""Least and greatest value of each number."""


def _check_numbers(settings: Settings) -> None:
    for name, (least, most) in _LIMITS.items():
        if not least <= getattr(settings, name) <= most:
            limits = f"of at least {least:g}" if most == math.inf else f"from {least:g} to {most:g}"
            raise ValueError(f"{PREFIX}{name.upper()} takes a number {limits}.")
    for name in ("hold_at", "spam_at"):
        if not 0 <= getattr(settings, name) <= 1:
            raise ValueError(f"{PREFIX}{name.upper()} is a probability: 0 to 1.")
    if settings.hold_at > settings.spam_at > 0:
        raise ValueError("COMMENTS_HOLD_AT must not be above COMMENTS_SPAM_AT.")


def _check_mail(settings: Settings) -> None:
    if settings.smtp_url and not _is_mail_server(settings.smtp_url):
        raise ValueError(
            "COMMENTS_SMTP_URL is an address such as smtp://user:password@host:587 or "
            "smtps://user:password@host:465; write special characters of the password as %XX."
        )
    if settings.smtp_url and not settings.mail_from:
        raise ValueError("COMMENTS_SMTP_URL needs COMMENTS_MAIL_FROM, the sender's address.")
    if settings.mail_from and not _is_mailbox(settings.mail_from):
        raise ValueError("COMMENTS_MAIL_FROM is an address such as comments@blog.example.")
    if not all(_is_mailbox(address) for address in settings.mail_to):
        raise ValueError("COMMENTS_MAIL_TO takes addresses such as olga@blog.example.")


def _is_mail_server(url: str) -> bool:
    try:
        parts = urlsplit(url)
        port_is_valid = parts.port is None or parts.port > 0
    except ValueError:
        return False
    plain = parts.path in {"", "/"} and not (parts.query or parts.fragment)
    return bool(parts.scheme in {"smtp", "smtps"} and parts.hostname and port_is_valid and plain)


def _is_mailbox(text: str) -> bool:
    return re.fullmatch(r"[^\s@<>]+@[^\s@<>]+", parseaddr(text)[1]) is not None


def _check_operation(settings: Settings) -> None:
    if settings.log not in {"text", "json"}:
        raise ValueError("COMMENTS_LOG takes text or json.")
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}", settings.site):
        raise ValueError("COMMENTS_SITE takes letters, digits and . _ - (at most 64).")
    contact = settings.security_contact
    if contact and not re.fullmatch(r"(mailto:|https://)[\x21-\x7e]+", contact):
        raise ValueError("COMMENTS_SECURITY_CONTACT starts with mailto: or https://.")


def _check(settings: Settings) -> None:
    """Check constraints that types cannot express."""
    if settings.policy not in {"publish", "uncertain", "first", "all"}:
        raise ValueError("COMMENTS_POLICY takes publish, uncertain, first or all.")
    _check_numbers(settings)
    _check_operation(settings)
    if settings.max_body < 12 * settings.max_length + 1000:
        raise ValueError("COMMENTS_MAX_BODY must be at least 12 times COMMENTS_MAX_LENGTH + 1000.")
    if not settings.prefix.startswith("/") or settings.prefix.endswith("/"):
        raise ValueError("COMMENTS_PREFIX is a path such as /comments, with no slash at its end.")
    if 0 < len(settings.sso_secret) < 32:
        raise ValueError("COMMENTS_SSO_SECRET has at least 32 characters.")
    if not re.fullmatch(r"[a-z_][a-z0-9_]{0,62}|", settings.database_schema):
        raise ValueError("COMMENTS_DATABASE_SCHEMA takes small letters, digits and underscores.")
    if settings.replica_url and not _are_postgresql(settings.database_url, settings.replica_url):
        raise ValueError(
            "COMMENTS_REPLICA_URL takes a URL such as postgresql://comments@replica/comments, and "
            "needs a COMMENTS_DATABASE_URL of PostgreSQL."
        )
    parse_backup_plan(settings.backup)
    parse_networks(settings.trusted_proxies)
    _check_public_url(settings.public_url)
    _check_mail(settings)


def _are_postgresql(*urls: str) -> bool:
    return all(re.match(r"postgresql(\+[a-z0-9]+)?://", url) for url in urls)


def _check_public_url(url: str) -> None:
    try:
        parts = urlsplit(url)
        port_is_valid = parts.port is None or parts.port > 0
    except ValueError:
        parts, port_is_valid = urlsplit(""), False
    plain = not (parts.query or parts.fragment or parts.username)
    whole = parts.scheme in {"http", "https"} and parts.hostname and port_is_valid and plain
    if url and not whole:
        raise ValueError(
            "COMMENTS_PUBLIC_URL is an address such as https://comments.example or "
            f"https://blog.example/comments, not {url!r}."
        )


KEYS: Mapping[str, Field[Any]] = {PREFIX + f.name.upper(): f for f in fields(Settings)}
"""Key → its field."""


def data_folder(settings: Settings) -> Path:
    """Return the folder of the database and the secret."""
    return Path(settings.folder or _default_folder()).expanduser().absolute()


def document() -> str:
    """Return the table of keys in docs/configuration.md, generated from the declarations above."""
    rows = ["| key | default | meaning |", "| --- | --- | --- |"]
    for key, declared in KEYS.items():
        default = declared.default
        cell = "" if default in ("", ()) or default is MISSING else f"`{default}`"
        rows.append(f"| `{key}` | {cell} | {declared.metadata['meaning']} |")
    return "\n".join(rows) + "\n"
