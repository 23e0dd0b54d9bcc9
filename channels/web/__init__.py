"""The web channel: the widget, pages and their API."""

from channels.web.compression import PageCompression
from channels.web.cors import PublicCors
from channels.web.routes import create_router
from channels.web.widget import create_widget_router

__all__ = ["PageCompression", "PublicCors", "create_router", "create_widget_router"]
