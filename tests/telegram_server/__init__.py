"""A strict stand-in for Telegram: a local Bot API that refuses what Telegram refuses, and scripted users.

`with TelegramServer() as telegram:` runs it; `telegram.user()` is a person with a private chat; `telegram.refused` must stay empty.
"""

from .generate import random_updates
from .server import TelegramServer
from .user import Group, User

__all__ = ["Group", "TelegramServer", "User", "random_updates"]
