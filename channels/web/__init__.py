"""The web channel: the widget, pages and their API."""

from channels.web.assets import Assets
from channels.web.compression import PageCompression
from channels.web.cors import PublicCors
from channels.web.handover import create_handover_router
from channels.web.pages import Pages, Services
from channels.web.playground import create_playground_router
from channels.web.routes import create_router
from channels.web.widget import create_widget_router

__all__ = [
    "Assets",
    "PageCompression",
    "Pages",
    "PublicCors",
    "Services",
    "create_handover_router",
    "create_playground_router",
    "create_router",
    "create_widget_router",
]
