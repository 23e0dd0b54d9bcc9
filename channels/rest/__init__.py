"""Rasa's own REST contract, for tools that speak it."""

from channels.rest.routes import create_router

__all__ = ["create_router"]
