"""``site`` and ``moderator``: manage sites and moderators."""

import click
from flask import current_app

from comment_service.actions.admin import login, passwords, second_factor, throttle
from comment_service.actions.admin import sites as site_actions
from comment_service.cli.assembly import Assembly
from comment_service.cli.sites import ACTOR, find_site
from comment_service.runtime import Runtime
from comment_service.storage.admin import people, sites
from comment_service.storage.db.session import session, transaction
from comment_service.storage.tables import OWNER, ROLES, Moderator, Seat, Site
from comment_service.text.origins import registered_origin


@click.group()
def site() -> None:
    """Manage sites."""


@site.command("list")
@click.pass_obj
def list_sites(assembly: Assembly) -> None:
    """Print every site: key, name, origins."""
    with assembly.context():
        for row in sites.all_sites(session()):
            click.echo(f"{row.key}\t{row.name}\t{' '.join(row.origins)}")


@site.command("add")
@click.argument("key")
@click.argument("origins", nargs=-1)
@click.option("--name", default="", help="Name that readers see; default: the key.")
@click.pass_obj
def add_site(assembly: Assembly, key: str, origins: tuple[str, ...], name: str) -> None:
    """Add a site with the ORIGINS that may embed it."""
    with assembly.context() as runtime, transaction() as current:
        site_actions.add_site(
            session=current, runtime=runtime, by=None, key=key, name=name, origins=origins
        )
    click.echo(f"Added {key}.")


@site.command("rename")
@click.argument("key")
@click.argument("name")
@click.pass_obj
def rename_site(assembly: Assembly, key: str, name: str) -> None:
    """Change the NAME of a site, which readers see."""
    with assembly.context() as runtime, transaction() as current:
        found = find_site(runtime, key)
        site_actions.rename_site(
            session=current, runtime=runtime, by=None, site_id=found.id, name=name
        )
    click.echo(f"{key} is called {name}.")


@site.command("remove")
@click.argument("key")
@click.option("--yes", is_flag=True, help="Do not ask for the name.")
@click.pass_obj
def remove_site(assembly: Assembly, key: str, yes: bool) -> None:
    """Delete a site with its pages, comments, rules and models; export it first."""
    with assembly.context() as runtime:
        found = find_site(runtime, key)
        site_id, name = found.id, found.name
        number = sites.count_comments(session(), site_id)
        click.echo(f"{name} has {number} comments. They cannot be restored.")
        typed = name if yes else click.prompt("Type the name of the site to delete it")
        with transaction() as current:
            site_actions.remove_site(
                session=current, runtime=runtime, by=None, site_id=site_id, typed=typed, most=None
            )
    click.echo(f"Removed {key}.")


@site.command("add-origin")
@click.argument("key")
@click.argument("origin")
@click.pass_obj
def add_origin(assembly: Assembly, key: str, origin: str) -> None:
    """Let pages of ORIGIN (https://blog.example) embed a site."""
    with assembly.context() as runtime, transaction() as current:
        found = find_site(runtime, key)
        site_actions.add_origin(
            session=current, runtime=runtime, by=None, site_id=found.id, origin=origin
        )
        click.echo(f"{key}: {' '.join(found.origins)}")


@site.command("remove-origin")
@click.argument("key")
@click.argument("origin")
@click.pass_obj
def remove_origin(assembly: Assembly, key: str, origin: str) -> None:
    """Stop pages of ORIGIN from showing a site's comments; the comments stay."""
    with assembly.context() as runtime, transaction() as current:
        found = find_site(runtime, key)
        site_actions.remove_origin(
            session=current, runtime=runtime, by=None, site_id=found.id, origin=origin
        )
        click.echo(f"{key}: {' '.join(found.origins)}")


def origin_argument(text: str) -> str:
    """Return the origin that an argument names.

    Raises:
        click.ClickException: it names none.
    """
    try:
        return registered_origin(text)
    except ValueError as error:
        raise click.ClickException(f"{text}: {error}, such as https://blog.example.") from None


@click.group()
def moderator() -> None:
    """Manage moderators."""


@moderator.command("list")
@click.pass_obj
def list_moderators(assembly: Assembly) -> None:
    """Print every moderator: name, e-mail address and roles."""
    with assembly.context():
        for row in people.moderators(session()):
            seats = ", ".join(_seat(*seat) for seat in people.roles_of(session(), row.id))
            address = row.address or "signed in by the host"
            click.echo(f"{row.name}\t{address}\t{seats}")


def _seat(seat: Seat, site: Site | None) -> str:
    return f"{seat.role} of {site.key}" if site else f"{seat.role} everywhere"


@moderator.command("add")
@click.argument("name")
@click.argument("email")
@click.password_option(help="Prompted for if omitted.")
@click.option("--role", type=click.Choice(ROLES), default=OWNER, show_default=True)
@click.option("--site", "key", default="", help="A site's key; default: all sites.")
@click.pass_obj
def add_moderator(
    assembly: Assembly, name: str, email: str, password: str, role: str, key: str
) -> None:
    """Add a moderator with a password and a role, on one site or on all sites."""
    with assembly.context() as runtime, transaction() as current:
        if people.find_moderator(current, email) is not None:
            raise click.ClickException(f"There is a moderator {email} already.")
        found = sites.find(current, key) if key else None
        if key and found is None:
            raise click.ClickException(f"There is no site {key}; `site list` prints all.")
        login.add_moderator(
            session=current,
            runtime=runtime,
            name=name,
            email=email,
            password=password,
            role=role,
            site_id=found.id if found else None,
        )
    click.echo(f"Added {name}.")


@moderator.command("link")
@click.argument("email", default="")
@click.pass_obj
def link(assembly: Assembly, email: str) -> None:
    """Print a one-time sign-in link for a moderator; without EMAIL, the set-up link."""
    with assembly.context() as runtime:
        click.echo(one_time_link(runtime.settings.public_url or assembly.base, email))


@moderator.command("unlock")
@click.argument("email")
@click.pass_obj
def unlock(assembly: Assembly, email: str) -> None:
    """Unlock a moderator after too many wrong passwords or codes."""
    with assembly.context() as runtime, transaction() as current:
        found = _find_moderator(email)
        passwords.unlock(found)
        throttle.unlock(current, runtime, email)
        _write_audit_entry(runtime, found, "unlocked")
    click.echo(f"Unlocked {email}.")


@moderator.command("reset")
@click.argument("email")
@click.pass_obj
def reset(assembly: Assembly, email: str) -> None:
    """Turn off two-factor authentication, unlock the moderator, and print a one-time link."""
    with assembly.context() as runtime:
        with transaction() as current:
            found = _find_moderator(email)
            second_factor.clear(found)
            passwords.unlock(found)
            throttle.unlock(current, runtime, email)
            _write_audit_entry(runtime, found, "reset")
        click.echo(one_time_link(runtime.settings.public_url or assembly.base, email))


def _find_moderator(email: str) -> Moderator:
    found = people.find_moderator(session(), email)
    if found is None:
        raise click.ClickException(f"There is no moderator {email}; `moderator list` prints all.")
    return found


def _write_audit_entry(runtime: Runtime, found: Moderator, change: str) -> None:
    """Write an audit entry."""
    about = {"email": found.email}
    people.add_audit_entry(session(), found.id, None, change, about, actor=ACTOR, now=runtime.now())


def one_time_link(base: str, email: str) -> str:
    """Return a one-time sign-in link that is valid for a day; needs an app context."""
    state = current_app.extensions["comments"]
    with transaction() as current:
        found = people.find_moderator(current, email) if email else None
        if found is None and (email or people.any_account(current)):
            raise click.ClickException(
                "Name a moderator's e-mail address; `moderator list` prints all."
            )
        purpose, token = login.create_link(session=current, runtime=state, moderator=found)
    return f"{base.rstrip('/')}/moderation/{purpose}/{token}"
