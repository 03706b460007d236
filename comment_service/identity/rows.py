"""Provider settings: one row per provider, with presets for the popular ones.

The URLs come from each provider's developer documentation.
"""

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace


@dataclass(frozen=True)
class Row:
    """How to use one provider, and where its response holds each value.

    ``kind`` names the provider class. An OpenID Connect provider needs only its ``issuer``. An
    OAuth 2 provider needs its URLs; ``subject``, ``name``, ``email``, ``verified``, ``picture``
    and ``url`` locate the values in the response of ``user_url``: a dotted path, or a template
    with paths in braces. ``trust_email``: accept e-mail addresses that the provider marks as
    verified.
    """

    key: str
    title: str = ""
    kind: str = "oidc"
    client_id: str = ""
    client_secret: str = ""
    issuer: str = ""
    scope: str = ""
    authorize_url: str = ""
    token_url: str = ""
    user_url: str = ""
    emails_url: str = ""
    auth: str = "client_secret_basic"
    response_mode: str = ""
    subject: str = "sub"
    name: str = "name"
    email: str = "email"
    verified: str = "email_verified"
    picture: str = "picture"
    url: str = ""
    trust_email: bool = False
    team_id: str = ""
    key_id: str = ""
    private_key: str = ""


PRESETS: Mapping[str, Row] = {
    row.key: row
    for row in (
        Row(
            "google",
            "Google",
            issuer="https://accounts.google.com",
            scope="openid profile email",
            trust_email=True,
        ),
        Row(
            "github",
            "GitHub",
            "oauth",
            issuer="https://github.com",
            authorize_url="https://github.com/login/oauth/authorize",
            token_url="https://github.com/login/oauth/access_token",  # noqa: S106
            user_url="https://api.github.com/user",
            emails_url="https://api.github.com/user/emails",
            scope="read:user user:email",
            subject="id",
            picture="avatar_url",
            url="html_url",
            trust_email=True,
        ),
        Row(
            "gitlab",
            "GitLab",
            issuer="https://gitlab.com",
            scope="openid profile email",
            url="profile",
            trust_email=True,
        ),
        Row(
            "facebook",
            "Facebook",
            "oauth",
            issuer="https://www.facebook.com",
            authorize_url="https://www.facebook.com/v23.0/dialog/oauth",
            token_url="https://graph.facebook.com/v23.0/oauth/access_token",  # noqa: S106
            user_url="https://graph.facebook.com/v23.0/me?fields=id,name,picture.type(large)",
            scope="public_profile",
            auth="client_secret_post",
            subject="id",
            picture="picture.data.url",
        ),
        Row(
            "wordpress",
            "WordPress.com",
            "oauth",
            issuer="https://wordpress.com",
            authorize_url="https://public-api.wordpress.com/oauth2/authorize",
            token_url="https://public-api.wordpress.com/oauth2/token",  # noqa: S106
            user_url="https://public-api.wordpress.com/rest/v1.1/me",
            scope="auth",
            auth="client_secret_post",
            subject="ID",
            name="display_name",
            picture="avatar_URL",
            url="primary_blog_url",
            trust_email=True,
        ),
        Row(
            "microsoft",
            "Microsoft",
            issuer="https://login.microsoftonline.com/common/v2.0",
            scope="openid profile",
        ),
        Row(
            "apple",
            "Apple",
            "apple",
            issuer="https://appleid.apple.com",
            scope="name email",
            auth="client_secret_post",
            response_mode="form_post",
            trust_email=True,
        ),
        Row(
            "discord",
            "Discord",
            "oauth",
            issuer="https://discord.com",
            authorize_url="https://discord.com/oauth2/authorize",
            token_url="https://discord.com/api/oauth2/token",  # noqa: S106
            user_url="https://discord.com/api/users/@me",
            scope="identify email",
            subject="id",
            name="global_name",
            verified="verified",
            picture="https://cdn.discordapp.com/avatars/{id}/{avatar}.png",
            trust_email=True,
        ),
        Row(
            "x",
            "X",
            "oauth",
            issuer="https://x.com",
            authorize_url="https://x.com/i/oauth2/authorize",
            token_url="https://api.x.com/2/oauth2/token",  # noqa: S106
            user_url="https://api.x.com/2/users/me?user.fields=profile_image_url",
            scope="users.read tweet.read",
            subject="data.id",
            name="data.name",
            picture="data.profile_image_url",
            url="https://x.com/{data.username}",
        ),
        Row("mastodon", "Mastodon", "mastodon", scope="read:accounts"),
        Row("indieauth", "IndieAuth", "indieauth", scope="profile"),
    )
}
"""Providers that need only credentials."""

RESERVED_KEYS = frozenset({"guest", "host", "email", "passkey", "sso"})
"""Reserved keys: our own ways to sign in."""


def parse_row(key: str, values: Mapping[str, object]) -> Row:
    """Return the row of one provider: its preset, overridden by the settings.

    Raises:
        ValueError: the key is reserved, a field is unknown or has the wrong type, or one is
            missing.
    """
    if key in RESERVED_KEYS or not key.isidentifier() or len(key) > 32:
        raise ValueError(f"COMMENTS_PROVIDERS: “{key}” cannot be the name of a provider.")
    types = {field.name: field.type for field in fields(Row) if field.name != "key"}
    for name, value in values.items():
        if name not in types:
            raise ValueError(
                f"COMMENTS_PROVIDERS: {key} has no “{name}”; it has {', '.join(types)}."
            )
        if not isinstance(value, bool if name == "trust_email" else str):
            raise ValueError(f"COMMENTS_PROVIDERS: {key}.{name} has the wrong shape.")  # noqa: TRY004
    row = replace(PRESETS.get(key, Row(key, key.title(), scope="openid profile email")), **values)  # type: ignore[arg-type]
    missing = [name for name in _needed(row) if not getattr(row, name)]
    if missing:
        raise ValueError(f"COMMENTS_PROVIDERS: {key} needs {', '.join(missing)}.")
    return row


def _needed(row: Row) -> tuple[str, ...]:
    """Return the required fields of a row's kind."""
    needed = {
        "oidc": ("issuer", "client_id"),
        "oauth": ("issuer", "client_id", "authorize_url", "token_url", "user_url"),
        "apple": ("client_id", "team_id", "key_id", "private_key"),
        "mastodon": (),
        "indieauth": (),
    }
    if row.kind not in needed:
        raise ValueError(f"COMMENTS_PROVIDERS: {row.key}.kind is one of {', '.join(needed)}.")
    return needed[row.kind]
