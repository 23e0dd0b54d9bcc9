"""How the bot presents itself: commands and descriptions in every language, set at start where they differ."""

from __future__ import annotations

import logging

from telegram import Bot, BotCommand
from telegram.error import TelegramError

from bot.i18n import translate
from bot.knowledge.library import Library
from channels.telegram import texts
from channels.telegram.commands import MENU

logger = logging.getLogger(__name__)

_DESCRIPTION, _SHORT = 512, 120
"""Characters that Telegram allows (Bot API, setMyDescription, setMyShortDescription)."""


async def present(bot: Bot, library: Library, languages: list[str]) -> int:
    """Bring commands and descriptions up to date; what is right already is left alone, as changes are rationed.

    Args:
        bot: the library's bot.
        library: the content that answers now.
        languages: in which languages; the first is also for people whose app speaks another.

    Returns:
        How many texts were changed.
    """
    changed = 0
    for code in [None, *languages]:
        try:
            changed += await _in_language(bot, library, code, code or languages[0])
        except TelegramError as error:
            # The bot works without; the next start tries again.
            logger.warning("Commands and descriptions could not be set: %s", type(error).__name__)
            break
    return changed


async def _in_language(bot: Bot, library: Library, code: str | None, spoken: str) -> int:
    changed = 0
    wanted = [BotCommand(name, translate(spoken, said)) for name, said in MENU.items()]
    if list(await bot.get_my_commands(language_code=code)) != wanted:
        await bot.set_my_commands(wanted, language_code=code)
        changed += 1
    names = {"service": library.name(library.pack.service, spoken), "phone": library.pack.phone}
    description = translate(spoken, texts.DESCRIPTION, **names)[:_DESCRIPTION]
    if (await bot.get_my_description(language_code=code)).description != description:
        await bot.set_my_description(description, language_code=code)
        changed += 1
    short = translate(spoken, texts.SHORT_DESCRIPTION, **names)[:_SHORT]
    if (await bot.get_my_short_description(language_code=code)).short_description != short:
        await bot.set_my_short_description(short, language_code=code)
        changed += 1
    return changed
