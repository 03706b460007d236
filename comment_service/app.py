"""``create_app()``: the one Flask app, the only place where all rooms meet."""

import threading
from collections.abc import Callable, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from flask import Flask, Response, request
from flask_wtf import CSRFProtect

from comment_service import catalogues, paths
from comment_service.config import Settings, environment, read_settings
from comment_service.errors import SetupError
from comment_service.identity.registry import providers
from comment_service.notify import worker
from comment_service.runtime import Classifier as ClassifierShape
from comment_service.runtime import Runtime, utc_now
from comment_service.spam import Artifact, ArtifactError, Classifier
from comment_service.spam.artifact import check_card
from comment_service.spam.learning import SiteTrainer
from comment_service.storage.admin import sites
from comment_service.storage.db import migrate
from comment_service.storage.db import session as storage
from comment_service.storage.db.folder import open_folder
from comment_service.storage.readers.provider_apps import StoredApps
from comment_service.text import addresses
from comment_service.web import errors
from comment_service.web.blueprints import DOORS, PRIVATE, UNGUARDED
from comment_service.web.http import cors, place
from comment_service.web.http.context import IdConverter
from comment_service.web.http.locale import Languages, select_locale
from comment_service.web.http.proxy import TrustedProxies
from comment_service.web.http.rate_limits import limiter
from comment_service.web.moderation import navigation

_CSP = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)


def create_app(
    config: Mapping[str, Any] | None = None,
    *,
    classifier: ClassifierShape | None = None,
    clock: Callable[[], datetime] = utc_now,
) -> Flask:
    """Return the service as a Flask app.

    ``config`` holds ``COMMENTS_*`` keys and is stronger than the environment; ``classifier`` and
    ``clock`` take the place of the shipped ones.

    Raises:
        ValueError: a key or value of the configuration is wrong.
        errors.SetupError: the configuration cannot work here.
    """
    settings = read_settings(config or {}, environment())
    url, secret = open_folder(settings)
    app = Flask("comment_service")
    app.config["SECRET_KEY"] = secret
    app.config["MAX_CONTENT_LENGTH"] = settings.max_body
    app.config["SESSION_COOKIE_NAME"] = "comments_session"
    app.config["SESSION_COOKIE_SAMESITE"] = "Lax"
    app.config["BABEL_DEFAULT_LOCALE"] = settings.locale
    app.config["WTF_CSRF_TIME_LIMIT"] = None  # a queue may stay open all day
    app.extensions["comments"] = _runtime(settings, secret, classifier, clock)
    storage.init_app(app, url)
    _extensions(app)
    _doors(app)
    if settings.trusted_proxies:
        app.wsgi_app = TrustedProxies(app.wsgi_app, settings.trusted_proxies)  # type: ignore[method-assign]
    if settings.auto_migrate:
        prepare(app)
    return app


def _runtime(
    settings: Settings,
    secret: str,
    classifier: ClassifierShape | None,
    clock: Callable[[], datetime],
) -> Runtime:
    """Return the app's state; a model that cannot be opened is told, and holds comments."""
    state = Runtime(settings, secret, classifier, clock=clock)
    folder = Path(settings.model_path) if settings.model_path else paths.shipped_model()
    if classifier is None:
        try:
            state.classifier = Classifier.from_path(folder)
        except ArtifactError as error:
            state.classifier_error = str(error)
    state.providers = providers(settings.providers, StoredApps(state.now))
    state.open_model = _open_model
    state.trainer = SiteTrainer(folder, paths.canary())
    return state


def _open_model(card: Mapping[str, Any], arrays: bytes) -> ClassifierShape:
    """Open a model that is kept in the database.

    Raises:
        ArtifactError: the card is not one of a model.
    """
    check_card(card, str(card.get("name", "the model")))
    return Classifier.from_artifact(Artifact(card, arrays))


def _extensions(app: Flask) -> None:
    """Set up what Flask extensions do for us, on our own app alone."""
    Languages(app, locale_selector=select_locale)
    app.extensions["comments"].languages = catalogues.languages()
    csrf = CSRFProtect(app)
    for door in UNGUARDED:
        csrf.exempt(door)
    limiter.init_app(app)


def _doors(app: Flask) -> None:
    """Open the doors, and answer every refusal in one place."""
    app.url_map.converters["id"] = IdConverter
    for door in DOORS:
        app.register_blueprint(door)
    errors.register(app)
    app.add_template_global(navigation.queue_tabs)
    app.add_template_global(navigation.page_tabs)
    app.before_request(cors.preflight)
    app.before_request(place.tidy)
    app.after_request(_headers)


def _headers(answer: Response) -> Response:
    """Set what protects our own pages, and lets other people's pages read what is public."""
    answer.headers.setdefault("X-Content-Type-Options", "nosniff")
    answer.headers.setdefault("Referrer-Policy", "same-origin")
    if answer.mimetype == "text/html":
        answer.headers.setdefault("Content-Security-Policy", _CSP)
    if request.blueprint in PRIVATE:
        answer.headers["Cache-Control"] = "no-store"
        return answer
    return cors.allow(answer)


def prepare(app: Flask) -> None:
    """Bring the database to the newest schema and make the configured site."""
    with app.app_context():
        migrate.upgrade(storage.db.engine)
    make_site(app)


def make_site(app: Flask) -> None:
    """Make the configured site where it does not exist."""
    with app.app_context():
        state: Runtime = app.extensions["comments"]
        settings = state.settings
        if sites.find(storage.session(), settings.site) is not None:
            return
        with storage.transaction() as current:
            sites.ensure(
                current,
                key=settings.site,
                name=settings.site_name,
                origins=_origins(settings),
                now=state.now(),
            )


def _origins(settings: Settings) -> list[str]:
    """Return the configured origins in their one form.

    Raises:
        SetupError: one is no origin.
    """
    try:
        return [addresses.origin(text) for text in settings.origins]
    except ValueError as error:
        raise SetupError(f"COMMENTS_ORIGINS: {error}, such as https://blog.example.") from error


def start(app: Flask) -> None:
    """Start what a server runs beside its requests: warm the model, deliver the outbox."""
    state: Runtime = app.extensions["comments"]
    if state.classifier is not None:
        threading.Thread(target=state.classifier.warm, name="comments-warm", daemon=True).start()
    if state.settings.worker:
        worker.start(app)
