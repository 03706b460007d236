"""``init``: ask for what a public server needs, and write its settings and server files."""

import json
import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from urllib.parse import urlsplit

import click

from comment_service import paths
from comment_service.actions.admin import login
from comment_service.cli.assembly import Assembly
from comment_service.cli.config_file import KEY
from comment_service.cli.people import one_time_link, origin_argument
from comment_service.config import PREFIX, read_settings, read_toml
from comment_service.runtime import Runtime
from comment_service.storage.admin import people
from comment_service.storage.db.session import session, transaction

FILE = "comment-service.toml"
UNIT = "comment-service.service"
PROXIES = ("nginx", "caddy", "none")


@click.command()
@click.option("--public-url", prompt="Address of the service (https://comments.example)")
@click.option("--origin", "origins", prompt="Addresses of your blog, separated by spaces")
@click.option("--site-name", default="My blog", show_default=True, help="Name of the blog.")
@click.option("--folder", default="", help="Folder of the database; default: as `serve`.")
@click.option("--smtp-url", prompt="Mail server (smtp://user:password@host:587, or empty)",
              default="", help="Empty: no mail.")  # fmt: skip
@click.option("--mail-from", default="", help="Sender's address; default: comments@ the host.")
@click.option("--moderator", "email", prompt="E-mail address of the first moderator",
              default="", help="Empty: the set-up link of `serve` makes one.")  # fmt: skip
@click.option("--proxy", type=click.Choice(PROXIES), default="none", show_default=True,
              help="Also write a block for this reverse proxy.")  # fmt: skip
@click.option("--unit/--no-unit", default=False, help="Also write a systemd unit.")
@click.option("--output", type=click.Path(file_okay=False, path_type=Path), default=Path(),
              help="Folder to write to; default: here.")  # fmt: skip
@click.option("--force", is_flag=True, help="Replace files that exist.")
@click.pass_obj
def init(
    assembly: Assembly,
    public_url: str,
    origins: str,
    site_name: str,
    folder: str,
    smtp_url: str,
    mail_from: str,
    email: str,
    proxy: str,
    unit: bool,
    output: Path,
    force: bool,
) -> None:
    """Write the settings of a public server, and on request its unit and proxy block."""
    host = urlsplit(public_url).hostname or ""
    values = {
        "public_url": public_url.rstrip("/"),
        "origins": [origin_argument(text) for text in origins.split()],
        "site_name": site_name,
        "folder": folder,
        "trusted_proxies": ["127.0.0.1", "::1"],
        "smtp_url": smtp_url,
        "mail_from": (mail_from or f"comments@{host}") if smtp_url else "",
    }
    _validated(values)
    files = {FILE: settings_file(values)}
    if proxy != "none":
        name, block = proxy_block(proxy, str(values["public_url"]))
        files[name] = block
    if unit:
        files[UNIT] = (paths.deploy() / UNIT).read_text(encoding="utf-8")
    _write(output, files, force=force)
    if email:
        _add_moderator(assembly, output / FILE, email, str(values["public_url"]))
    click.echo(f"Start the server with: comment-service serve --config {output / FILE}")


def _validated(values: Mapping[str, object]) -> None:
    try:
        read_settings({PREFIX + key.upper(): value for key, value in values.items()})
    except ValueError as error:
        raise click.ClickException(str(error)) from None


def settings_file(values: Mapping[str, object]) -> str:
    """Return a TOML file with these settings, each with its meaning; empty ones commented out."""
    return "\n".join(_lines(values))


def _lines(values: Mapping[str, object]) -> Iterator[str]:
    yield "# Settings of comment-service; docs/configuration.md lists every key."
    for key, value in values.items():
        yield ""
        yield f"# {_MEANINGS[key]}"
        yield f"{'' if value else '# '}{key} = {json.dumps(value, ensure_ascii=False)}"
    yield ""


_MEANINGS = {
    "public_url": "Address under which browsers reach the service, with its path if it has one.",
    "origins": "Addresses of the blog, registered when the database is created.",
    "site_name": "Name of the blog, used when the database is created.",
    "folder": "Folder of the database and the secret.",
    "trusted_proxies": "Reverse proxies whose headers are trusted: addresses or networks.",
    "smtp_url": "Mail server: smtp://user:password@host:587 or smtps://user:password@host:465.",
    "mail_from": "Sender's address of mails.",
}


def proxy_block(proxy: str, public_url: str) -> tuple[str, str]:
    """Return the name and text of a proxy's block for the service's address."""
    parts = urlsplit(public_url)
    path = parts.path.rstrip("/")
    kind = "path" if path else "host"
    source = f"nginx-{kind}.conf" if proxy == "nginx" else f"Caddyfile-{kind}"
    block = (paths.deploy() / source).read_text(encoding="utf-8")
    host = parts.hostname or "" if proxy == "nginx" else parts.netloc
    block = block.replace("blog.example" if path else "comments.example", host)
    name = "comment-service.nginx.conf" if proxy == "nginx" else "Caddyfile"
    return name, block.replace("/comments", path) if path else block


def _write(folder: Path, files: dict[str, str], *, force: bool) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    existing = [name for name in files if (folder / name).exists()]
    if existing and not force:
        raise click.ClickException(f"{', '.join(existing)} exists; use --force to replace it.")
    for name, content in files.items():
        path = folder / name
        path.touch(mode=0o600)  # the settings may hold passwords
        path.write_text(content, encoding="utf-8")
        click.echo(f"Wrote {path}")


def _add_moderator(assembly: Assembly, file: Path, email: str, public_url: str) -> None:
    os.environ[KEY] = str(file.absolute())
    app = assembly.app(read_toml(file))
    with app.app_context():
        state: Runtime = app.extensions["comments"]
        if people.find_moderator(session(), email) is None:
            name = email.partition("@")[0]
            with transaction() as current:
                login.add_moderator(session=current, runtime=state, name=name, email=email)
        click.echo(f"Sign in as {email} (once, within a day): {one_time_link(public_url, email)}")
