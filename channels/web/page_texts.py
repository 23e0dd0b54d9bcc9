"""Interface texts of the chat page; keys of the .po files like bot.i18n.texts."""

ALL = {
    "title": "Ask about migration, citizenship and protection",
    "placeholder": "Write your question",
    "send": "Send",
    "you": "You",
    "assistant": "Assistant",
    "thinking": "Looking for the answer …",
    "failed": "The message did not get through.",
    "again": "Try again",
    "erase": "Erase this conversation",
    "erased": "The conversation has been deleted from this device and from the service.",
    "call": "Talk to a person",
    "language": "Language",
    "official": "Official site",
    "no_script": "This page needs JavaScript. Without it, please call the number above.",
}
