"""Who speaks: one shape for every asker, whatever proved them. Nothing of ours, no Flask."""

from comment_service.identity.host import HostUser
from comment_service.identity.viewer import GUEST, HOST, Viewer

__all__ = ["GUEST", "HOST", "HostUser", "Viewer"]
