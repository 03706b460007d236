"""``init``: ask for what a public server needs, and write its settings and server files."""

import json
import os
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from urllib.parse import urlsplit

import click

from comment_service import paths
from comment_service.actions.admin import login
from comment_service.cli.assembly import Assembly
from comment_service.cli.config_file import KEY
from comment_service.cli.people import one_time_link, origin_argument
from comment_service.config import PREFIX, environment, read_settings, read_toml
from comment_service.errors import SetupError
from comment_service.runtime import Runtime
from comment_service.storage.admin import people
from comment_service.storage.db.folder import open_folder
from comment_service.storage.db.session import session, transaction

FILE = "comment-service.toml"
UNIT = "comment-service.service"
UNIT_FOLDER, UNIT_SETTINGS = "/var/lib/comment-service", "/etc/comment-service.toml"
PROXIES = ("nginx", "caddy", "none")


def _checked(text: str, **keys: object) -> str:
    """Return a text if these keys are valid; a wrong answer to a question is asked for again."""
    try:
        read_settings({PREFIX + key.upper(): value for key, value in keys.items()})
    except ValueError as error:
        raise click.BadParameter(str(error)) from None
    return text


def _public_url(typed: str) -> str:
    url = typed.strip().rstrip("/")
    if not url:
        raise click.BadParameter("Give an address such as https://comments.example.")
    return _checked(url, public_url=url)


def _origins(typed: str | list[str]) -> list[str]:
    if not isinstance(typed, str):
        return typed  # the answer to a question is converted twice
    try:
        return [origin_argument(text) for text in typed.replace(",", " ").split()]
    except click.ClickException as error:
        raise click.BadParameter(error.message) from None


def _smtp_url(typed: str) -> str:
    url = typed.strip()
    return _checked(url, smtp_url=url, mail_from="comments@localhost")


def _sender(typed: str) -> str:
    return _checked(typed.strip(), mail_from=typed.strip())


def _mailbox(typed: str) -> str:
    address = typed.strip()
    return _checked(address, mail_to=[address] if address else [])


@click.command()
@click.option("--public-url", prompt="Address of the service (https://comments.example)",
              type=_public_url)  # fmt: skip
@click.option("--origin", "origins", prompt="Addresses of your blog, separated by spaces",
              type=_origins)  # fmt: skip
@click.option("--site-name", default="My blog", show_default=True, help="Name of the blog.")
@click.option("--folder", default="", help="Folder of the database; default: as `serve`.")
@click.option("--smtp-url", prompt="Mail server (smtp://user:password@host:587, or empty)",
              default="", type=_smtp_url, help="Empty: no mail.")  # fmt: skip
@click.option("--mail-from", default="", type=_sender,
              help="Sender's address; default: comments@ the host.")  # fmt: skip
@click.option("--moderator", "email", prompt="E-mail address of the first moderator",
              default="", type=_mailbox,
              help="Empty: the set-up link of `serve` makes one.")  # fmt: skip
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
    origins: list[str],
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
        "public_url": public_url,
        "origins": origins,
        "site_name": site_name,
        "folder": str(Path(folder).expanduser().absolute()) if folder else "",
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
    apart = unit and not folder  # the unit has a folder of its own, which does not exist yet
    if email and not apart:
        _usable_folder(values)
    _write(output, files, force=force)
    if apart:
        _explain_unit(output / FILE, email)
        return
    if unit:
        click.echo(f"The unit keeps its data in {UNIT_FOLDER}, not in {values['folder']}.")
    if email:
        _add_moderator(assembly, output / FILE, email, str(values["public_url"]))
    click.echo(f"Start the server with: comment-service serve --config {output / FILE}")


def _validated(values: Mapping[str, object]) -> None:
    try:
        read_settings({PREFIX + key.upper(): value for key, value in values.items()})
    except ValueError as error:
        raise click.ClickException(str(error)) from None


def _usable_folder(values: Mapping[str, object]) -> None:
    """Create the data folder; if that fails, nothing is written."""
    try:
        open_folder(read_settings({"COMMENTS_FOLDER": values["folder"]}, environment()))
    except (SetupError, ValueError) as error:
        raise click.ClickException(str(error)) from error


def _explain_unit(file: Path, email: str) -> None:
    """Say how to start the unit, and how the moderator gets a link: in the unit's own folder."""
    command = f"COMMENTS_FOLDER={UNIT_FOLDER} /opt/comment-service/bin/comment-service moderator"
    name = email.partition("@")[0] or "NAME"
    click.echo(f"Copy {file} to {UNIT_SETTINGS} (mode 0600) and start the unit. Then, as root:")
    click.echo(f"  {command} add {name} {email or 'ADDRESS'} --config {UNIT_SETTINGS}")
    click.echo(f"or, for a set-up link: {command} link --config {UNIT_SETTINGS}")


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
    host, port = parts.hostname or "", parts.port
    plain = parts.scheme == "http"
    if proxy == "nginx":
        if plain:
            block = re.sub(r"    ssl_certificate.*\n", "", block).replace("443 ssl http2", "80")
        block = re.sub(r"listen \d+", f"listen {port}", block) if port else block
    address = host if proxy == "nginx" else ("http://" if plain else "") + parts.netloc
    example = "blog.example" if path else "comments.example"
    block = block.replace(f"https://{example}", f"{parts.scheme}://{parts.netloc}")
    block = re.sub(rf"^{example} {{", lambda _: f"{address} {{", block, flags=re.MULTILINE)
    block = block.replace(example, host)
    name = "comment-service.nginx.conf" if proxy == "nginx" else "Caddyfile"
    return name, block.replace("/comments", path) if path else block


def _write(folder: Path, files: dict[str, str], *, force: bool) -> None:
    existing = [name for name in files if (folder / name).exists()]
    if existing and not force:
        raise click.ClickException(f"{', '.join(existing)} exists; use --force to replace it.")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name, content in files.items():
            path = folder / name
            path.touch(mode=0o600)  # the settings may hold passwords
            path.write_text(content, encoding="utf-8")
            click.echo(f"Wrote {path}")
    except OSError as error:
        raise click.ClickException(f"{folder} cannot be written ({error.strerror}).") from error


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
