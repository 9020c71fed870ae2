"""Django admin of feeds, sources, configuration versions, users and groups."""

from apps.feeds.admin.feeds import FeedAdmin
from apps.feeds.admin.people import GroupAdmin, UserAdmin
from apps.feeds.admin.sources import SourceAdmin
from apps.feeds.admin.versions import ConfigVersionAdmin, ReadOnlyAdmin

__all__ = ["ConfigVersionAdmin", "FeedAdmin", "GroupAdmin", "ReadOnlyAdmin", "SourceAdmin", "UserAdmin"]
