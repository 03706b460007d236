"""The busy site whose moderation pages are looked at."""

from collections.abc import Iterator
from pathlib import Path
from shutil import copy

import pytest
from jinja2 import FileSystemBytecodeCache

from comment_service.app import create_app, create_site
from comment_service.storage.db.session import db
from tests.browser.populated_site import Furnished
from tests.browser.servers import Blog, Stage, World
from tests.fakes import FakeClassifier, FakeClock


@pytest.fixture(scope="module")
def furnished(
    migrated: Path,
    tmp_path_factory: pytest.TempPathFactory,
    compiled: FileSystemBytecodeCache,
    service_stage: Stage,
    blog_stage: Stage,
) -> Iterator[Furnished]:
    """Return the busy site, created once."""
    folder = tmp_path_factory.mktemp("busy")
    path = Path(copy(migrated, folder / "busy.sqlite3"))
    config = {
        "FOLDER": str(folder),
        "ALLOW_VOLATILE": True,
        "DATABASE_URL": f"sqlite:///{path}",
        "SITE_NAME": "A blog",
        "ORIGINS": blog_stage.origin,
        "MIN_SECONDS": 0,
        "RATE_MINUTE": 1000,
        "RATE_HOUR": 1000,
        "PAGE_SIZE": 35,
        "AUTO_MIGRATE": False,
    }
    keys = {f"COMMENTS_{key}": value for key, value in config.items()}
    app = create_app(keys, classifier=FakeClassifier(), clock=FakeClock())
    app.jinja_env.bytecode_cache = compiled
    create_site(app)
    yield Furnished(World(app, service_stage.origin, Blog(blog_stage.origin, service_stage.origin)))
    with app.app_context():
        db.session.remove()
        db.engine.dispose()


@pytest.fixture
def house(furnished: Furnished, service_stage: Stage, blog_stage: Stage) -> Furnished:
    """Return the busy site on its server."""
    service_stage.app, blog_stage.app = furnished.app, furnished.world.blog.app()
    return furnished
