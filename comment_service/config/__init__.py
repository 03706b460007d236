"""Settings: all keys with their meaning, and how they are read. Imports no other package."""

from comment_service.config.keys import KEYS, PREFIX, Settings, data_folder, document
from comment_service.config.reading import environment, place, read_settings, read_toml

__all__ = [
    "KEYS",
    "PREFIX",
    "Settings",
    "data_folder",
    "document",
    "environment",
    "place",
    "read_settings",
    "read_toml",
]
