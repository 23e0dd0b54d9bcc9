"""What the Bot API's methods do to chats. A method that is missing here is refused with 501, so that tests notice."""

from __future__ import annotations

import copy
import time
from collections.abc import Callable
from typing import Any

from .errors import bad
from .state import Chat, Json, Message, World
from .text import parse, piece
from .updates import Updates
from .validation import Files

Method = Callable[["Methods", Json, Files], Any]
MENU_SCOPES = {"chat", "chat_administrators", "chat_member"}
"""Scopes of commands that name a chat."""


class Methods:
    """Carries out validated calls. Everything but getUpdates is quick and runs under the world's lock."""

    def __init__(self, world: World, updates: Updates) -> None:
        self.world, self.updates = world, updates

    def run(self, method: str, params: Json, files: Files) -> Any:
        """The result of a call. Raises BadRequest, and KeyError for a method that the stand-in does not know."""
        act = ACTS[method]
        with self.world.lock:
            # A message is copied while nobody changes it; the answer is written later.
            return copy.deepcopy(act(self, params, files))

    # The bot and its settings

    def get_me(self, params: Json, files: Files) -> Json:
        return self.world.bot

    def set_webhook(self, params: Json, files: Files) -> bool:
        self.updates.set_webhook(params)
        return True

    def delete_webhook(self, params: Json, files: Files) -> bool:
        self.updates.set_webhook({"url": "", **params})
        return True

    def get_webhook_info(self, params: Json, files: Files) -> Json:
        return self.updates.info()

    def set_commands(self, params: Json, files: Files) -> bool:
        self.world.commands[self._menu(params)] = params["commands"]
        return True

    def get_commands(self, params: Json, files: Files) -> list[Json]:
        return self.world.commands.get(self._menu(params), [])

    def delete_commands(self, params: Json, files: Files) -> bool:
        self.world.commands.pop(self._menu(params), None)
        return True

    def _menu(self, params: Json) -> tuple[str, str]:
        """The scope ("default", "chat:5", …) and the language of a list of commands."""
        scope = params.get("scope", {"type": "default"})
        name = scope["type"]
        if name in MENU_SCOPES:
            name += f":{self.world.chat(scope['chat_id']).id}"
        if "user_id" in scope:
            name += f":{scope['user_id']}"
        return name, params.get("language_code", "")

    def set_name(self, params: Json, files: Files) -> bool:
        return _keep(self.world.names, params, "name")

    def get_name(self, params: Json, files: Files) -> Json:
        return {
            "name": self.world.names.get(params.get("language_code", ""))
            or self.world.names.get("", self.world.bot["first_name"])
        }

    def set_description(self, params: Json, files: Files) -> bool:
        return _keep(self.world.descriptions, params, "description")

    def get_description(self, params: Json, files: Files) -> Json:
        return {"description": _localised(self.world.descriptions, params)}

    def set_short_description(self, params: Json, files: Files) -> bool:
        return _keep(self.world.short_descriptions, params, "short_description")

    def get_short_description(self, params: Json, files: Files) -> Json:
        return {"short_description": _localised(self.world.short_descriptions, params)}

    def set_menu_button(self, params: Json, files: Files) -> bool:
        if "chat_id" in params:
            self.world.chat(params["chat_id"]).menu_button = params.get("menu_button", {"type": "default"})
        return True

    # Messages

    def send_message(self, params: Json, files: Files) -> Message:
        text, entities = parse(params["text"], params.get("parse_mode"), params.get("entities"))
        return self._post(
            params, text=text, entities=entities or None, link_preview_options=params.get("link_preview_options")
        )

    def send_location(self, params: Json, files: Files) -> Message:
        return self._post(params, location=_place(params))

    def send_venue(self, params: Json, files: Files) -> Message:
        venue = {
            name: params[name] for name in ("title", "address", "foursquare_id", "google_place_id") if name in params
        }
        return self._post(params, venue={"location": _place(params), **venue}, location=_place(params))

    def send_document(self, params: Json, files: Files) -> Message:
        name, content = self._content("document", params, files)
        kept = self.world.add_file("documents", name.rpartition(".")[2] or "bin", content)
        return self._post(params, document={**kept, "file_name": name}, **_caption(params))

    def send_photo(self, params: Json, files: Files) -> Message:
        _, content = self._content("photo", params, files)
        kept = self.world.add_file("photos", "jpg", content)
        return self._post(params, photo=[{**kept, "width": 320, "height": 240}], **_caption(params))

    def _content(self, name: str, params: Json, files: Files) -> tuple[str, bytes]:
        """The upload of a field: sent along, attached under another name, or known from before."""
        if name in files:
            return files[name]
        given = params[name]
        if given.startswith("attach://"):
            return files[given.removeprefix("attach://")]
        if given in self.world.files:
            return self.world.files[given].path.rpartition("/")[2], self.world.files[given].content
        if given.startswith(("http://", "https://")):
            raise bad("failed to get HTTP URL content")
        raise bad("wrong file identifier/HTTP URL specified")

    def _post(self, params: Json, **content: Any) -> Message:
        chat = self.world.writable(params["chat_id"])
        if "business_connection_id" in params:
            raise bad("business connection not found")
        markup = params.get("reply_markup")
        if reply := params.get("reply_parameters"):
            original = chat.messages.get(reply["message_id"])
            if not original and not reply.get("allow_sending_without_reply"):
                raise bad("message to be replied not found")
            content["reply_to_message"] = original and {k: v for k, v in original.items() if k != "reply_to_message"}
        if markup and "inline_keyboard" not in markup:
            chat.keyboard = None if markup.get("remove_keyboard") else markup
            markup = None
        return self.world.post(
            chat,
            self.world.bot_author,
            **content,
            reply_markup=markup,
            has_protected_content=params.get("protect_content") or None,
        )

    def edit_text(self, params: Json, files: Files) -> Message | bool:
        text, entities = parse(params["text"], params.get("parse_mode"), params.get("entities"))
        changes = {
            "text": text,
            "entities": entities or None,
            "reply_markup": params.get("reply_markup"),
            "link_preview_options": params.get("link_preview_options"),
        }
        return self._edit(params, changes)

    def edit_markup(self, params: Json, files: Files) -> Message | bool:
        return self._edit(params, {"reply_markup": params.get("reply_markup")})

    def _edit(self, params: Json, changes: Json) -> Message | bool:
        inline = params.get("inline_message_id")
        chat: Chat | None = None
        if inline is not None:
            if inline not in self.world.inline_messages:
                raise bad("MESSAGE_ID_INVALID")
            message = self.world.inline_messages[inline]
        else:
            chat = self.world.writable(params["chat_id"])
            message = self.world.message(chat, params["message_id"], "message to edit")
            if message.get("from", {}).get("id") != self.world.bot["id"] or (
                "text" in changes and "text" not in message
            ):
                raise bad("message can't be edited")
        after = {name: value for name, value in {**message, **changes}.items() if value}
        # An empty keyboard shows nothing: neither is it kept nor is taking it away twice a change.
        if not (after.get("reply_markup") or {}).get("inline_keyboard"):
            after.pop("reply_markup", None)
        compared = ("text", "entities", "reply_markup")
        if all(after.get(name) == message.get(name) for name in compared):
            raise bad(
                "message is not modified: specified new message content and reply markup are exactly the same as a "
                "current content and reply markup of the message",
                expected=bool(chat and message["message_id"] in chat.uncertain),
            )
        message.clear()
        message.update(after)
        if "text" in changes:
            message["edit_date"] = int(time.time())
        if chat:
            chat.uncertain.discard(message["message_id"])
        self.world.notify()
        return True if inline is not None else message

    def delete_message(self, params: Json, files: Files) -> bool:
        chat = self.world.chat(params["chat_id"])
        message = self.world.message(chat, params["message_id"], "message to delete")
        own = message.get("from", {}).get("id") == self.world.bot["id"]
        if not own and chat.info["type"] != "private" and chat.bot_status != "administrator":
            raise bad("message can't be deleted")
        del chat.messages[params["message_id"]]
        self.world.notify()
        return True

    def chat_action(self, params: Json, files: Files) -> bool:
        self.world.writable(params["chat_id"]).actions.append(params["action"])
        self.world.notify()
        return True

    def react(self, params: Json, files: Files) -> bool:
        chat = self.world.writable(params["chat_id"])
        self.world.message(chat, params["message_id"], "message to react")
        reactions = params.get("reaction") or []
        if len(reactions) > 1 or any(reaction["type"] == "paid" for reaction in reactions):
            raise bad("REACTIONS_TOO_MANY")
        chat.reactions[params["message_id"]] = reactions
        self.world.notify()
        return True

    # Answers

    def answer_callback(self, params: Json, files: Files) -> bool:
        answer = {
            "text": params.get("text", ""),
            "show_alert": params.get("show_alert", False),
            "url": params.get("url"),
        }
        self.world.answer(self.world.callbacks, params["callback_query_id"], answer)
        return True

    def answer_inline(self, params: Json, files: Files) -> bool:
        self.world.answer(self.world.inline_queries, params["inline_query_id"], params)
        return True

    # Files and chats

    def get_file(self, params: Json, files: Files) -> Json:
        file = self.world.files.get(params["file_id"])
        if not file:
            raise bad("wrong file_id or the file is temporarily unavailable")
        if len(file.content) > 20 * 1024 * 1024:
            raise bad("file is too big")
        return {
            "file_id": file.id,
            "file_unique_id": f"u{file.path}",
            "file_size": len(file.content),
            "file_path": file.path,
        }

    def get_chat(self, params: Json, files: Files) -> Json:
        chat = self.world.chat(params["chat_id"])
        gifts = dict.fromkeys(
            ("unlimited_gifts", "limited_gifts", "unique_gifts", "premium_subscription", "gifts_from_channels"), False
        )
        return {**chat.info, "accent_color_id": 0, "max_reaction_count": 11, "accepted_gift_types": gifts}

    def get_member(self, params: Json, files: Files) -> Json:
        chat = self.world.chat(params["chat_id"])
        if params["user_id"] == self.world.bot["id"]:
            return bot_member(self.world.bot, chat.bot_status)
        if params["user_id"] not in chat.members:
            raise bad("member not found")
        return {"status": "member", "user": chat.members[params["user_id"]]}

    def leave(self, params: Json, files: Files) -> bool:
        chat = self.world.writable(params["chat_id"])
        if chat.info["type"] == "private":
            raise bad("chat is a private chat")
        chat.bot_status = "left"
        return True


def bot_member(bot: Json, status: str) -> Json:
    """The bot as a member of a chat, with the fields that its status asks for."""
    user = {name: bot[name] for name in ("id", "is_bot", "first_name", "username")}
    if status == "kicked":
        return {"status": "kicked", "user": user, "until_date": 0}
    if status != "administrator":
        return {"status": status, "user": user}
    rights = (
        "can_be_edited", "is_anonymous", "can_manage_chat", "can_delete_messages", "can_manage_video_chats", "can_restrict_members",
        "can_promote_members", "can_change_info", "can_invite_users", "can_post_stories", "can_edit_stories", "can_delete_stories",
    )  # fmt: skip
    return {"status": "administrator", "user": user, **dict.fromkeys(rights, False), "can_manage_chat": True}


def _keep(texts: dict[str, str], params: Json, name: str) -> bool:
    language, text = params.get("language_code", ""), params.get(name, "")
    if text:
        texts[language] = text
    else:
        texts.pop(language, None)
    return True


def _localised(texts: dict[str, str], params: Json) -> str:
    return texts.get(params.get("language_code", "")) or texts.get("", "")


def _place(params: Json) -> Json:
    names = ("latitude", "longitude", "horizontal_accuracy", "live_period", "heading", "proximity_alert_radius")
    return {name: params[name] for name in names if name in params}


def _caption(params: Json) -> Json:
    caption, entities = parse(params.get("caption", ""), params.get("parse_mode"), params.get("caption_entities"))
    return {"caption": caption or None, "caption_entities": entities or None}


def plain_entities(text: str, entities: list[Json]) -> list[tuple[str, str]]:
    """Kind and covered text of each entity: what a test wants to compare."""
    return [(entity["type"], piece(text, entity)) for entity in entities]


ACTS: dict[str, Method] = {
    "getMe": Methods.get_me, "setWebhook": Methods.set_webhook, "deleteWebhook": Methods.delete_webhook,
    "getWebhookInfo": Methods.get_webhook_info, "setMyCommands": Methods.set_commands, "getMyCommands": Methods.get_commands,
    "deleteMyCommands": Methods.delete_commands, "setMyName": Methods.set_name, "getMyName": Methods.get_name,
    "setMyDescription": Methods.set_description, "getMyDescription": Methods.get_description,
    "setMyShortDescription": Methods.set_short_description, "getMyShortDescription": Methods.get_short_description,
    "setChatMenuButton": Methods.set_menu_button, "sendMessage": Methods.send_message, "sendLocation": Methods.send_location,
    "sendVenue": Methods.send_venue, "sendDocument": Methods.send_document, "sendPhoto": Methods.send_photo,
    "editMessageText": Methods.edit_text, "editMessageReplyMarkup": Methods.edit_markup, "deleteMessage": Methods.delete_message,
    "sendChatAction": Methods.chat_action, "setMessageReaction": Methods.react, "answerCallbackQuery": Methods.answer_callback,
    "answerInlineQuery": Methods.answer_inline, "getFile": Methods.get_file, "getChat": Methods.get_chat,
    "getChatMember": Methods.get_member, "leaveChat": Methods.leave,
}  # fmt: skip
