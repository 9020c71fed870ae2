"""Django admin of feeds, sources, destinations, configuration versions, users and groups."""

from apps.feeds.admin.destinations import DestinationAdmin
from apps.feeds.admin.feeds import FeedAdmin
from apps.feeds.admin.people import GroupAdmin, UserAdmin
from apps.feeds.admin.sources import SourceAdmin
from apps.feeds.admin.versions import ConfigVersionAdmin, ReadOnlyAdmin

__all__ = [
    "ConfigVersionAdmin",
    "DestinationAdmin",
    "FeedAdmin",
    "GroupAdmin",
    "ReadOnlyAdmin",
    "SourceAdmin",
    "UserAdmin",
]
