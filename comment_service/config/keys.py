"""Every ``COMMENTS_*`` key once: name, default, meaning, in frozen ``Settings``."""

import os
from collections.abc import Mapping
from dataclasses import MISSING, Field, dataclass, field, fields
from pathlib import Path
from typing import Any

PREFIX = "COMMENTS_"


def _key(default: Any, meaning: str) -> Any:
    """Declare one key with its default and its meaning (both are printed in the docs)."""
    if default is dict:
        return field(default_factory=dict, metadata={"meaning": meaning})
    return field(default=default, metadata={"meaning": meaning})


def _default_folder() -> str:
    """Return where a server keeps its data when nothing is said: the user's data folder."""
    root = os.environ.get("XDG_DATA_HOME") or str(Path.home() / ".local" / "share")
    return str(Path(root) / "comment_service")


@dataclass(frozen=True)
class Settings:
    """One installation's settings; times are in the unit their name says."""

    folder: str = _key(
        "",
        "Folder for the database and the secret; created with permissions 0700. "
        "Empty: `$XDG_DATA_HOME/comment_service` for a server, the instance folder of a host.",
    )
    secret_key: str = _key(
        "", "Signs tokens and keys the hashes of addresses. Empty: created once in the folder."
    )
    database_url: str = _key(
        "", "SQLAlchemy URL. Empty: SQLite in the folder. `postgresql://…` needs the extra."
    )
    allow_volatile: bool = _key(
        False, "Accept a SQLite database below a path that is emptied at reboot (tests only)."
    )
    auto_migrate: bool = _key(True, "Bring the database to the newest schema at start.")
    public_url: str = _key(
        "",
        "Address under which browsers reach the service, for printed links and those of mails. "
        "Without it readers are not offered to be told of new comments by mail.",
    )
    site: str = _key("default", "Key of the site that an embedding host or a new server serves.")
    site_name: str = _key("My blog", "Name of that site when it is created.")
    origins: tuple[str, ...] = _key(
        (), "Origins (`https://blog.example`) registered for that site when it is created."
    )
    prefix: str = _key("/comments", "Path under which a host application mounts the service.")
    trusted_proxies: tuple[str, ...] = _key(
        (), "Addresses of reverse proxies whose X-Forwarded-For and -Proto are believed."
    )
    policy: str = _key(
        "uncertain",
        "What waits for a moderator: `publish` nothing but what a rule holds, `uncertain` what "
        "the filter doubts, `first` also everyone's first comment, `all` everything.",
    )
    model_path: str = _key("", "Folder of the spam model. Empty: the one that ships.")
    hold_at: float = _key(
        0.0, "Probability of spam from which a comment is held. 0: the model card's own."
    )
    spam_at: float = _key(
        0.0, "Probability from which it is filed as spam unseen. 0: the model card's own."
    )
    retrain_labels: int = _key(
        100, "New decisions after which the site's model is trained anew, at once."
    )
    retrain_least: int = _key(5, "New decisions that are worth the daily training.")
    max_links: int = _key(2, "A comment with more links than this is held.")
    rate_minute: int = _key(5, "Submissions one network may make in a minute.")
    rate_hour: int = _key(40, "Submissions one network may make in an hour.")
    likes_hour: int = _key(120, "Likes one network may give or take back in an hour.")
    min_seconds: float = _key(
        2.0, "A comment sent sooner than this after its form was opened is held."
    )
    form_hours: float = _key(24.0, "How long an open form stays valid.")
    max_length: int = _key(10_000, "Longest comment, in characters.")
    max_body: int = _key(131_072, "Largest request, in bytes.")
    page_size: int = _key(
        25, "Top-level comments on one page of a thread, cards on one of a queue."
    )
    replies_shown: int = _key(20, "Replies shown under one top-level comment before “more”.")
    heading_level: int = _key(2, "Level of the thread's heading (2 to 5).")
    locale: str = _key("en", "Language where the page names none.")
    network_days: int = _key(
        30, "Days after which the keyed hash of the sender's address is erased; 0 keeps it."
    )
    session_days: int = _key(30, "Days a moderator stays signed in.")
    visitor_days: int = _key(365, "Days a visitor's browser is recognised.")
    worker: bool = _key(True, "Run the background worker as a thread of the server.")
    providers: Mapping[str, Any] = _key(
        dict,
        "Who may prove readers: a table for each provider, see docs/sign-in.md. In the environment "
        "JSON, or one value each: `COMMENTS_PROVIDERS__GITHUB__CLIENT_ID`.",
    )
    email_sign_in: bool = _key(
        True, "Let readers sign in by a link in a mail, where mail and `public_url` are set up."
    )
    gravatar: bool = _key(
        False, "Fetch the picture of a proven address from Gravatar, once; we serve it ourselves."
    )
    passkeys: bool = _key(True, "Let readers sign in with a passkey.")
    sso_secret: str = _key(
        "", "At least 32 characters that a website's own log-in signs with, see docs/sign-in.md."
    )
    amp: bool = _key(
        False,
        "Let AMP's caches frame threads (`/frame.html?…&amp=1`). Anybody's AMP page comes from "
        "there, so somebody else's could have readers like and report without knowing.",
    )
    account_days: int = _key(30, "Days after which a reader who does not come back is signed out.")
    metrics_token: str = _key(
        "", "What a scraper of `/metrics` sends as `Authorization: Bearer …`. Empty: no metrics."
    )
    smtp_url: str = _key(
        "", "Mail server, `smtp://user:password@host:587` or `smtps://…`. Empty: no mail is sent."
    )
    mail_from: str = _key("", "Sender's address of mails.")
    mail_to: tuple[str, ...] = _key(
        (), "Who else than the moderators is told by mail when a comment waits."
    )

    def __post_init__(self) -> None:
        """Refuse values that no server could work with.

        Raises:
            ValueError: naming the key and what it takes.
        """
        _check(self)


def _check(settings: Settings) -> None:
    """Check what types alone cannot say."""
    if settings.policy not in {"publish", "uncertain", "first", "all"}:
        raise ValueError("COMMENTS_POLICY takes publish, uncertain, first or all.")
    if not 2 <= settings.heading_level <= 5:
        raise ValueError("COMMENTS_HEADING_LEVEL takes 2 to 5.")
    for name in ("hold_at", "spam_at"):
        if not 0 <= getattr(settings, name) <= 1:
            raise ValueError(f"{PREFIX}{name.upper()} is a probability: 0 to 1.")
    for name in ("page_size", "replies_shown", "max_length", "max_body"):
        if getattr(settings, name) < 1:
            raise ValueError(f"{PREFIX}{name.upper()} takes a number of at least 1.")
    if settings.max_body < 12 * settings.max_length + 1000:
        raise ValueError("COMMENTS_MAX_BODY must be at least 12 times COMMENTS_MAX_LENGTH + 1000.")
    if not settings.prefix.startswith("/") or settings.prefix.endswith("/"):
        raise ValueError("COMMENTS_PREFIX is a path such as /comments, with no slash at its end.")
    if 0 < len(settings.sso_secret) < 32:
        raise ValueError("COMMENTS_SSO_SECRET has at least 32 characters.")
    if settings.smtp_url and not settings.mail_from:
        raise ValueError("COMMENTS_SMTP_URL needs COMMENTS_MAIL_FROM, the sender's address.")


KEYS: Mapping[str, Field[Any]] = {PREFIX + f.name.upper(): f for f in fields(Settings)}
"""Every key's name with its field."""


def data_folder(settings: Settings) -> Path:
    """Return the folder of the database and the secret."""
    return Path(settings.folder or _default_folder()).expanduser().absolute()


def document() -> str:
    """Return docs/configuration.md's table of keys, made from the declarations above."""
    rows = ["| key | default | meaning |", "| --- | --- | --- |"]
    for key, declared in KEYS.items():
        default = declared.default
        shown = "" if default in ("", ()) or default is MISSING else f"`{default}`"
        rows.append(f"| `{key}` | {shown} | {declared.metadata['meaning']} |")
    return "\n".join(rows) + "\n"
