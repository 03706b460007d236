"""Identities: sign-in providers, each returning a ``Person``. Imports only text/; no Flask."""

from comment_service.identity.flow import Flow, Provider
from comment_service.identity.host import HostUser
from comment_service.identity.person import Person, ProviderError
from comment_service.identity.viewer import GUEST, HOST, Viewer

__all__ = ["GUEST", "HOST", "Flow", "HostUser", "Person", "Provider", "ProviderError", "Viewer"]
