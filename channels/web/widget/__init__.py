"""The chat that other sites take in with one script tag, its texts, and the page for an iframe."""

from channels.web.widget.routes import create_widget_router

__all__ = ["create_widget_router"]
