"""``create_app()``: assemble the Flask app from the layers."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from types import ModuleType
from typing import Any
from urllib.parse import urlsplit

from babel import Locale
from flask import Flask, Response, current_app, request
from flask_wtf import CSRFProtect

from comment_service import catalogues, paths
from comment_service.config import Settings, data_folder, environment, place, read_settings
from comment_service.errors import SetupError
from comment_service.identity.registry import build_providers
from comment_service.lifecycle import Lifecycle, of
from comment_service.runtime import Classifier as ClassifierShape
from comment_service.runtime import Runtime, utc_now
from comment_service.spam import Artifact, ArtifactError, Classifier
from comment_service.spam.features.campaigns import CampaignIndex
from comment_service.spam.model.artifact import check_card
from comment_service.spam.training.process import ProcessTrainer, interpreter
from comment_service.spam.training.site_trainer import SiteTrainer
from comment_service.storage.admin import sites, webhook_deliveries
from comment_service.storage.db import migrate, sqlite_driver
from comment_service.storage.db import session as storage
from comment_service.storage.db.folder import open_folder
from comment_service.storage.pages import page_state
from comment_service.storage.readers.provider_apps import StoredApps
from comment_service.text.origins import registered_origin
from comment_service.web import errors
from comment_service.web.blueprints import (
    BLUEPRINTS,
    CSRF_EXEMPT,
    NOT_CACHED_NAMES,
    SIGN_IN_WINDOW,
)
from comment_service.web.front import Front
from comment_service.web.http import (
    answer_store,
    body,
    cookies,
    cors,
    links,
    messages,
    problems,
    rate_limits,
    shared_cache,
)
from comment_service.web.http.context import IdConverter
from comment_service.web.http.locale import Languages, select_locale
from comment_service.web.http.proxy import ProxyHeaders, note_untrusted_proxy
from comment_service.web.http.repeated import RepeatedRequests
from comment_service.web.http.routes import LazyRule
from comment_service.web.moderation import navigation
from comment_service.web.ops.observation import METRICS, Metrics, Observation
from comment_service.web.replica_reads import ReplicaReads

_PERMISSIONS = "camera=(), geolocation=(), microphone=(), payment=(), usb=(), browsing-topics=()"
_CSP = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'; "
    "require-trusted-types-for 'script'; trusted-types comments"
)


def create_app(
    config: Mapping[str, Any] | None = None,
    *,
    classifier: ClassifierShape | None = None,
    clock: Callable[[], datetime] = utc_now,
    host: Flask | None = None,
) -> Flask:
    """Return the service as a Flask app. Opens no database and starts no thread.

    Args:
        config: ``COMMENTS_*`` keys; they override the environment.
        classifier: replaces the shipped spam model.
        clock: replaces the system clock.
        host: the application that the service is mounted in.

    Raises:
        ValueError: a key or value of the configuration is wrong.
        errors.SetupError: the configuration cannot work here.
    """
    sources = (config or {}, environment())
    settings = read_settings(*sources)
    settings = replace(settings, locale=_locale(settings.locale, sources))
    if settings.testing:
        settings = replace(
            settings, database_url="sqlite://", replica_url="", worker=False, min_seconds=0.0
        )
    url, secret = open_folder(settings)
    app = Flask("comment_service")
    app.url_rule_class = LazyRule
    app.testing = settings.testing
    app.config["SECRET_KEY"] = secret
    app.config["MAX_CONTENT_LENGTH"] = settings.max_body
    app.config["SESSION_COOKIE_NAME"] = "comments_session"
    app.config["SESSION_COOKIE_SAMESITE"] = "Lax"
    app.session_interface = cookies.SessionCookie()
    app.config["BABEL_DEFAULT_LOCALE"] = settings.locale
    app.config["WTF_CSRF_TIME_LIMIT"] = None  # a queue may stay open all day
    app.extensions["comments"] = _runtime(settings, secret, classifier, clock)
    file = sqlite_driver.database_file(url, data_folder(settings))
    module = sqlite_driver.module_for(file, _host_databases(host))
    shared = None if settings.testing else data_folder(settings) / "generations"
    state: Runtime = app.extensions["comments"]
    storage.init_app(
        app,
        url,
        module,
        settings.database_schema,
        replica_url=settings.replica_url,
        generations=shared,
        on_announced=lambda current, announced: webhook_deliveries.enqueue(
            current, announced, state.now()
        ),
    )
    storage.log_slow_queries(app, settings.slow_query_ms)
    sqlite_driver.guard(file, module)
    _origins(settings, sources)  # a wrong value is reported here and not at the first request
    metrics = app.extensions[METRICS] = Metrics()
    app.extensions["comments"].count_verdict = metrics.count_verdict
    replica = storage.replica_of(app)
    if replica is not None:
        app.wsgi_app = ReplicaReads(  # type: ignore[method-assign]
            app.wsgi_app, replica, on_read=metrics.count_read
        )
    app.wsgi_app = Observation(  # type: ignore[method-assign]
        app.wsgi_app, metrics, log_requests=settings.log == "json"
    )
    front = Front(
        app.wsgi_app,
        app.extensions["comments"],
        storage.generations_of(app),
        max_bytes=settings.cache_megabytes * 1_000_000,
        read_state=lambda page_id: _page_state(app, page_id),
        on_hit=metrics.count_kept,
        store=answer_store.open_store(
            settings.cache_url if settings.cache_megabytes else "", secret, state.now
        ),
        on_shared=metrics.count_shared,
    )
    app.wsgi_app = front  # type: ignore[method-assign]
    app.extensions["comments_front"] = front
    app.extensions["comments_lifecycle"] = Lifecycle(
        app,
        lambda: prepare_database(app) if settings.auto_migrate else None,
        lambda: _open_classifier(app.extensions["comments"], classifier),
        lambda: _forget_answers(app),
    )
    _extensions(app)
    _blueprints(app)
    proxy_headers = _proxy_headers(app, settings)
    repeated = RepeatedRequests(
        proxy_headers,
        state,
        storage.generations_of(app),
        max_bytes=settings.cache_megabytes * 1_000_000 // 16,
        is_trusted=proxy_headers.trusts,
        on_hit=metrics.count_kept,
    )
    app.wsgi_app = repeated  # type: ignore[method-assign]
    app.extensions["comments_repeated"] = repeated
    return app


def _locale(tag: str, sources: Sequence[Mapping[str, Any]]) -> str:
    """Return the language as Babel writes it: ``pt-br`` is ``pt_BR``.

    Raises:
        SetupError: there is no catalogue for it.
    """
    if catalogues.best_match(tag, catalogues.languages()) is None:
        sentence = (
            f"COMMENTS_LOCALE takes a language such as de or pt_BR, not {tag!r}; "
            "docs/languages.md lists all."
        )
        raise SetupError(sentence + place(sentence, sources))
    return str(Locale.parse(tag.replace("-", "_")))


def _forget_answers(app: Flask) -> None:
    app.extensions["comments_front"].clear()
    app.extensions["comments_repeated"].clear()


def _proxy_headers(app: Flask, settings: Settings) -> ProxyHeaders:
    """Return what handles the headers of reverse proxies before any view sees the request."""
    state: Runtime = app.extensions["comments"]
    routes = app.url_map.bind("")
    return ProxyHeaders(
        app.wsgi_app,
        trusted=settings.trusted_proxies,
        public_url=settings.public_url,
        is_route=routes.test,
        on_untrusted=lambda peer: note_untrusted_proxy(state, peer),
    )


def _host_databases(host: Flask | None) -> list[tuple[Path, ModuleType | None]]:
    """Return the SQLite files of a host with their library."""
    if host is None:
        return []
    return sqlite_driver.host_databases(host.config, Path(host.instance_path))


def _runtime(
    settings: Settings,
    secret: str,
    classifier: ClassifierShape | None,
    clock: Callable[[], datetime],
) -> Runtime:
    """Return the app's state."""
    state = Runtime(settings, secret, CampaignIndex, clock=clock)
    _open_classifier(state, classifier)
    state.providers = build_providers(settings.providers, StoredApps(state.now))
    state.open_model = _open_model
    trainer = SiteTrainer(_model_folder(settings), paths.canary())
    state.trainer = ProcessTrainer(trainer, interpreter())
    return state


def _model_folder(settings: Settings) -> Path:
    return Path(settings.model_path) if settings.model_path else paths.shipped_model()


def _open_classifier(state: Runtime, given: ClassifierShape | None) -> None:
    """Open the shipped model; if that fails, keep the error, and every comment is held."""
    state.classifier = given
    if given is None:
        try:
            state.classifier = Classifier.from_path(_model_folder(state.settings))
        except ArtifactError as error:
            state.classifier_error = str(error)


def _open_model(card: Mapping[str, Any], arrays: bytes) -> ClassifierShape:
    """Open a model that is stored in the database.

    Raises:
        ArtifactError: the card is not a model card.
    """
    check_card(card, str(card.get("name", "the model")))
    return Classifier.from_artifact(Artifact(card, arrays))


def _page_state(app: Flask, page_id: int) -> page_state.State:
    """Read the state of a page; empty if the database does not answer: then the view is asked."""
    with app.app_context():
        try:
            return page_state.read(storage.session(), page_id)
        except storage.StorageError:
            return ()


def _extensions(app: Flask) -> None:
    """Initialise the Flask extensions on our own app."""
    Languages(app, locale_selector=select_locale)
    app.add_template_filter(messages.told)
    app.extensions["comments"].languages = catalogues.languages()
    csrf = CSRFProtect(app)
    for view in CSRF_EXEMPT:
        csrf.exempt(view)
    rate_limits.init_app(app, app.extensions["comments"].settings.limits_url)


def _blueprints(app: Flask) -> None:
    """Register the blueprints, the error handlers and the request hooks."""
    app.url_map.converters["id"] = IdConverter
    for blueprint in BLUEPRINTS:
        app.register_blueprint(blueprint)
    errors.register(app)
    app.add_template_global(navigation.queue_tabs)
    app.add_template_global(navigation.page_menus)
    app.add_template_global(navigation.only_site)
    app.before_request(_note_route)
    app.before_request(cors.preflight)
    app.before_request(body.sanitize_request)
    app.before_request(body.refuse_if_busy)
    app.after_request(_headers)


def _note_route() -> None:
    if request.url_rule is not None:
        request.environ[shared_cache.ROUTE] = request.url_rule.rule


def _headers(answer: Response) -> Response:
    """Set security headers on our pages, and CORS headers on public responses.

    A view that does not say how its response may be cached gets one that no cache keeps.
    """
    runtime: Runtime = current_app.extensions["comments"]
    answer.headers.setdefault("X-Content-Type-Options", "nosniff")
    answer.headers.setdefault("Referrer-Policy", "same-origin")
    answer.headers.setdefault("Permissions-Policy", _PERMISSIONS)
    if answer.mimetype == "text/html":
        answer.headers.setdefault("Content-Security-Policy", _CSP)
        answer.headers.setdefault("Cross-Origin-Opener-Policy", _opener_policy())
    if _has_own_https_host(runtime.settings.public_url) and not runtime.embedded:
        answer.headers.setdefault("Strict-Transport-Security", "max-age=31536000")
    if request.blueprint in NOT_CACHED_NAMES or links.uses_unknown_host():
        shared_cache.withdraw()
        answer.headers["Cache-Control"] = "private, no-store"
        return answer
    answer.headers.setdefault("Cache-Control", "private, no-store")
    return answer if problems.is_asked() else cors.allow(answer)


def _has_own_https_host(public_url: str) -> bool:
    """Return True if the service has a host name to itself: HSTS holds for the whole host."""
    parts = urlsplit(public_url)
    return parts.scheme == "https" and not parts.path.rstrip("/")


def _opener_policy() -> str:
    """Return the opener policy; the sign-in window must reach the page that opened it."""
    of_window = (request.blueprint or "") in SIGN_IN_WINDOW
    return "unsafe-none" if of_window else "same-origin"


def prepare_database(app: Flask) -> None:
    """Migrate the database to the newest schema and create the configured site."""
    state: Runtime = app.extensions["comments"]
    with app.app_context():
        migrate.create_schema(storage.db.engine, state.settings.database_schema)
        migrate.upgrade(storage.db.engine)
    create_site(app)


def create_site(app: Flask) -> None:
    """Create the configured site if it does not exist."""
    with app.app_context():
        state: Runtime = app.extensions["comments"]
        settings = state.settings
        if sites.find(storage.session(), settings.site) is not None:
            return
        with storage.transaction() as current:
            storage.serialise(current, "create the configured site")  # several processes start
            sites.ensure_site(
                current,
                key=settings.site,
                name=settings.site_name,
                origins=_origins(settings),
                now=state.now(),
            )


def _origins(settings: Settings, sources: Sequence[Mapping[str, Any]] = ()) -> list[str]:
    """Return the configured origins in normalised form.

    Raises:
        SetupError: a value is not an origin.
    """
    try:
        return [registered_origin(text) for text in settings.origins]
    except ValueError as error:
        sentence = f"COMMENTS_ORIGINS: {error}, such as https://blog.example."
        raise SetupError(sentence + place(sentence, sources)) from error


def prepare(app: Flask) -> None:
    """Migrate the database and create the configured site now; else the first request does it."""
    of(app).ensure_prepared()


def start(app: Flask) -> None:
    """Start the warm-up of the model and the worker now; else the first request does it."""
    of(app).ensure_started()
