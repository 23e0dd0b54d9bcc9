"""Inline mode: `@bot visa` typed in any chat offers answers to share there."""

from __future__ import annotations

import asyncio

from telegram import (
    InlineQuery,
    InlineQueryResultArticle,
    InlineQueryResultsButton,
    InputTextMessageContent,
    LinkPreviewOptions,
    MessageEntity,
)
from telegram.error import TelegramError

from bot.conversation.composing import whole_answer
from bot.conversation.messages import AnswerBlock
from bot.i18n import texts as common
from bot.i18n import translate
from channels.telegram import texts
from channels.telegram.buttons import digest
from channels.telegram.context import Context
from channels.telegram.formatted import Formatted
from channels.telegram.rendering import answer_card

_CACHE_SECONDS = 300
_MOST = 10
_LONGEST_QUERY = 256


async def handle(context: Context, query: InlineQuery) -> None:
    """Offer answers to what is being typed. Nothing of it is stored.

    Args:
        context: the channel.
        query: what was typed after the bot's name.
    """
    language = context.of_app(query.from_user)
    library = context.library()
    text = query.query.strip()[:_LONGEST_QUERY]
    danger = False
    if text:
        found = await context.search.rank(text)
        names, danger = [name for name, _ in found.questions], found.danger
        language = found.language if found.language in context.known_languages() else language
    else:
        names = [question.id for question in library.start_questions()]
    results = []
    if danger:
        phones = ", ".join(library.pack.emergency_phones)
        said = Formatted().add(translate(language, common.EMERGENCY, phones=phones))
        results.append(_article("emergency", said.text.partition(". ")[0], said.text, said))
    for name in names[:_MOST]:
        question = library.question(name)
        if question is not None:
            block = whole_answer(library, library.choose(question, language, None), language)
            results.append(_article(name, block.title, block.summary, _one_message(block)))
    try:
        await asyncio.wait_for(
            query.answer(
                results,
                cache_time=_CACHE_SECONDS,
                is_personal=False,
                button=InlineQueryResultsButton(translate(language, texts.INLINE_BUTTON), start_parameter="inline"),
            ),
            10,
        )
    except (TelegramError, TimeoutError):
        # The person has typed on: there will be another query.
        return


def _one_message(block: AnswerBlock) -> Formatted:
    """Return an answer that fits one message: whole, or its summary with the sources."""
    card = answer_card(block, whole=True)
    if len(card.split()) > 1:
        card = answer_card(block.model_copy(update={"sections": [], "note": None}))
    return card.split()[0]


def _article(name: str, title: str, description: str, content: Formatted) -> InlineQueryResultArticle:
    entities = [MessageEntity(**entity) for entity in content.entities()]
    return InlineQueryResultArticle(
        id=digest(name).hex(),
        title=title,
        description=description[:200],
        input_message_content=InputTextMessageContent(
            content.text, entities=entities, link_preview_options=LinkPreviewOptions(is_disabled=True)
        ),
    )
