"""Interface texts of the pages; keys of the .po files like bot.i18n.texts."""

ALL = {
    "title": "Ask about migration, citizenship and protection",
    "about": (
        "Checked answers about migration, citizenship and protection, each with its source and the day on "
        "which it was checked."
    ),
    "skip": "Skip to the content",
    "home": "Start page",
    "exit": "Leave this site quickly",
    "language": "Language",
    "official": "Official site",
    "topics": "Topics",
    "often": "People often ask:",
    "search": "Search",
    "search_hint": "Search in your own words, in any language",
    "search_for": "Search: {query}",
    "search_empty": "Write a few words about what you want to know.",
    "search_found": "What fits best",
    "search_unsure": "This may not be what you are looking for. You can ask in the chat or call {phone}.",
    "search_none": "Nothing was found. Try other words, ask in the chat, or call {phone}.",
    "ask": "Ask a question",
    "ask_label": "Your question",
    "ask_hint": "Write in your own words, in any language. Please do not write names or document numbers.",
    "send": "Send",
    "you": "You",
    "assistant": "Assistant",
    "call": "Talk to a person",
    "everybody": "The answer for everybody",
    "differs": "The rule differs for some people. If one of these is you, choose it:",
    "this_is_for": "This answer is for those who say: “{situation}”.",
    "tick": "Tick what you have. The list can be printed.",
    "amounts": "Amounts: {amounts}",
    "note": "Please note",
    "links": "Useful addresses",
    "related": "Related questions",
    "expired": "This answer is no longer confirmed",
    "partly_other": "Some texts on this page are not in your language yet. They are shown in: {spoken}.",
    "chat_empty": "Please write your question first.",
    "too_long": "This text is too long. Please shorten it and send it again.",
    "chat_new": "Begin a new conversation",
    "erase": "Erase this conversation",
    "erased": "The conversation has been deleted from this device and from the service.",
    "unknown_conversation": "This conversation is no longer there. You can begin a new one.",
    "elsewhere": "Go on with this conversation on another device",
    "elsewhere_telegram": "Go on with this conversation in Telegram",
    "code_yours": "Your code: {code}. It works once, until {time}.",
    "code_secret": "Whoever has the code can read this conversation. Show it to nobody you do not trust.",
    "code_open": "Open Telegram with this code",
    "code_qr": "The same address for the camera of your phone",
    "code_have": "I have a code from another device",
    "code_label": "Code",
    "code_take": "Go on here",
    "code_wrong": (
        "This code does not work: it is mistyped, used already, or older than ten minutes. Please ask for a "
        "new one where the conversation is."
    ),
    "code_tries": "Too many wrong codes. Please wait ten minutes and ask for a new one.",
    "code_same": "This code belongs to this very conversation. Type it where you want to go on.",
    "changes": "Changed answers",
    "change_new": "A new answer.",
    "change_changed": "The answer has changed.",
    "change_checked": "The answer was checked again.",
    "checked_on": "Checked on {date}.",
    "not_found": "There is no such page",
    "not_found_text": (
        "The page may have moved, or the address was mistyped. You can search, choose a topic, or call {phone}."
    ),
    "refused": "This could not be read",
    "refused_text": "Something in what was sent is not as expected. Please go back and try again, or call {phone}.",
    "broken": "Something went wrong on our side",
    "broken_text": "Please try again in a minute, or call {phone}.",
    "accessibility": "Accessibility",
    "a11y_aim": (
        "These pages are made so that everybody can use them: by keyboard alone, with a screen reader, "
        "enlarged, without colours, and without JavaScript. They follow the international rules WCAG 2.2, "
        "level AA."
    ),
    "a11y_how": (
        "Each version is tested in six languages, in light, dark and high-contrast colours, with the keyboard "
        "alone and on a screen 320 pixels wide. An automatic check by axe-core finds no fault. Automatic "
        "checks do not find everything."
    ),
    "a11y_limits": "What is not accessible yet",
    "a11y_limit_language": (
        "Some answers are not in every language. Then the next best language is shown, and the page says so."
    ),
    "a11y_limit_sites": "Other sites that we link to may have barriers of their own.",
    "a11y_tell": "If something does not work for you, call {phone}: a person will give you the same answers.",
    "a11y_written": "This statement was last checked on {date}.",
}
