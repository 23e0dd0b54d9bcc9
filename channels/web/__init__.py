"""The web channel: a chat page and its API."""

from channels.web.routes import create_router

__all__ = ["create_router"]
