"""What the widget says by itself, in English: keys of the .po files, like bot.i18n.texts. `{blanks}` are filled in the browser."""

from __future__ import annotations

TEXTS = {
    "open": "Ask a question",
    "title": "Automatic assistant",
    "close": "Close the chat",
    "more": "More",
    "exit": "Leave quickly",
    "placeholder": "Write your question",
    "send": "Send",
    "you": "You",
    "assistant": "Assistant",
    "log": "Conversation",
    "language": "Language",
    "start": "People often ask:",
    "sending": "Sending …",
    "sent": "Sent",
    "waiting": "No connection. It will be sent by itself as soon as there is one.",
    "failed": "The message did not get through.",
    "again": "Try again",
    "offline": "You are offline. You can go on writing; nothing is lost.",
    "online": "You are online again.",
    "thinking": "Looking for the answer …",
    "call": "Talk to a person",
    "trouble": "The assistant cannot be reached just now. It keeps trying. You can also call {phone}.",
    "erase": "Erase this conversation",
    "erased": "The conversation has been deleted from this device and from the service.",
    "erased_later": (
        "The conversation has been deleted from this device. The service could not be reached: "
        "leave this page open, and it will be deleted there too as soon as there is a connection."
    ),
    "download": "Download the conversation",
    "print": "Print the conversation",
    "transcript": "Conversation with the automatic assistant: {service}",
    "read": "Read aloud",
    "stop": "Stop reading",
    "dictate": "Dictate",
    "dictate_stop": "Stop dictating",
    "dictate_note": (
        "To turn speech into text, your browser may send your voice to its maker. "
        "If that is all right with you, press “Dictate” again."
    ),
    "dictate_failed": "I could not hear anything. Please try again or type.",
    "helpful": "Did this help you?",
    "yes": "Yes",
    "no": "No",
    "rated": "Thank you for telling us.",
    "elsewhere": "Continue on another device",
    "elsewhere_help": (
        "This code moves the conversation to another device. It works once, for {minutes} minutes. "
        "Please show it to nobody."
    ),
    "telegram": "Open in Telegram",
    "qr": "QR code: opens this conversation in Telegram",
    "have_code": "I have a code",
    "code": "Code from the other device",
    "take": "Continue the conversation",
    "taken": "The conversation goes on here.",
    "code_wrong": "This code does not work: perhaps it was used already, or its time is over. Please get a new one.",
}

PLAYGROUND = {
    "title": "Put the assistant on your site",
    "intro": (
        "Choose how the chat should look. The lines to copy follow your choice, "
        "and the chat in the corner of this page shows the result."
    ),
    "lang": "Language",
    "theme": "Colours",
    "auto": "As the visitor's device is set",
    "light": "Light",
    "dark": "Dark",
    "contrast": "High contrast",
    "position": "Side of the page",
    "right": "Right",
    "left": "Left",
    "color": "Main colour",
    "launcher": "Words on the button (if empty: ours)",
    "greeting": "A greeting of your own (if empty: none)",
    "open": "Open from the start on wide screens",
    "snippet": "Copy these lines to the end of your page",
    "copy": "Copy",
    "copied": "Copied",
    "csp": "If your site has a content security policy, allow this in it",
    "frame": "Without a script: in a frame",
    "frame_title": "Automatic assistant",
    "frame_csp": "In your content security policy a frame needs only this:",
}
"""The page for site owners."""
