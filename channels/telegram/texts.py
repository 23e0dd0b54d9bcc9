"""Interface texts that only Telegram needs; keys of the .po files like bot.i18n.texts."""

WELCOME = "Hello! This is the assistant of the {service}. Choose your language:"
ABOUT = (
    "I am a program, not a person. I answer questions about {topics} from checked official sources, and always "
    "say when an answer was checked. Just write your question in your own words."
)
PRIVACY_SHORT = (
    "What you write is kept for {days} days on the service's own machine and passed on to nobody. Please do not "
    "send names, document numbers or photos of papers."
)
START = "For example:"
PRIVACY = (
    "What is kept: the text of your messages and my answers, without your name and without your number. For how "
    "long: {days} days after your last message, then it is deleted. Who sees it: nobody outside the {service}. "
    "Photos, voice messages, files, contacts and places are not kept at all. You can delete everything now with "
    "/forget. Telegram itself keeps this chat too: delete it there in the chat's own menu."
)
HELP = (
    "Write your question in your own words, in any of my languages, also in Latin letters. You can ask further: "
    "“and how much is it?”, “and for my child?”.\n\n/menu – all subjects\n/language – another language\n/human – "
    "talk to a person\n/privacy – what is kept\n/forget – delete everything"
)
MENU = "Choose a subject:"
MENU_TOPIC = "{topic}: choose a question, or write your own."
BACK = "Back"
MORE = "More"
PERSON = "Talk to a person"
ASK_FORGET = "Shall I delete everything that you wrote here and that I answered? This cannot be undone."
FORGET_YES = "Yes, delete"
FORGET_NO = "No, keep it"
FORGOTTEN = (
    "It is deleted from the service's machine. The messages in this chat are kept by Telegram: delete them in "
    "the chat's own menu. You can write to me again at any time."
)
KEPT = "Nothing was deleted."
NOTHING_KEPT = "Nothing is kept about you."
UNKNOWN_COMMAND = "I do not know this command. Write your question in your own words, or take /help."
VOICE = "I cannot listen to voice messages here. Please type your question in a few words: I will answer at once."
VOICE_HEARD = "I heard: “{text}”"
VOICE_UNCLEAR = "I could not make out the words. Please type your question in a few words."
VOICE_LONG = "This recording is too long for me. Please type your question, or say it in under two minutes."
PHOTO = (
    "I have not kept or opened what you sent. Please do not send papers or photos here: documents are safe only "
    "in the authority's own hands. Tell me in words what you would like to know."
)
CONTACT = "I do not need a phone number and have not kept it. Write your question in your own words."
STICKER = "Thank you! If you have a question, write it in a few words."
OTHER_KIND = "I can read only text. Please write your question in a few words."
NEAREST = "The nearest office that I know of:"
DISTANCE = "{distance} from you"
HOURS = "Open: {hours}"
HOURS_UNCONFIRMED = "(not confirmed: call before you go)"
MAP = "Map"
NO_OFFICE = "I have no checked list of offices here. Call {phone}: they will tell you which office is nearest to you."
LOCATION_FORGOTTEN = "I have not kept where you are."
STALE = "This button is too old. Please write your question again."
NOT_YOURS = "This button is for the person who asked."
THANKS_FEEDBACK = "Thank you, that helps."
TICKED = "Ticked off"
UNTICKED = "No longer ticked off"
CHECKLIST = "Tap a number to tick it off:"
DID_IT_ARRIVE = "I am not sure that my last message reached you. If it did not, tap here:"
REPEAT = "Show it again"
GROUP_HELLO = "Hello! To ask me something here, begin your message with @{name}, or answer one of my messages."
MOVED_HERE = "We go on here with the conversation that you began on the website."
CODE_INVALID = (
    "This code does not work any more. A code is good for ten minutes and for one time; take a new one on the website."
)
CODE = "Your code: {code}. It works once, until {time}."
CODE_WARNING = "Whoever has the code can read this conversation. Show it to nobody you do not trust."
CODE_LABEL = "I have a code"
CODE_WHERE = "On the website choose “{label}” and type it there."
INLINE_BUTTON = "Ask the assistant"
DESCRIPTION = (
    "Answers about citizenship, residence, visas, protection and the rights of displaced people, with the source "
    "and the day on which it was checked. A program of the {service}; free of charge. To talk to a person: "
    "{phone}."
)
SHORT_DESCRIPTION = "Checked answers on migration, with their sources. {service}, {phone}."
COMMAND_START = "From the beginning"
COMMAND_MENU = "All subjects"
COMMAND_LANGUAGE = "Another language"
COMMAND_HUMAN = "Talk to a person"
COMMAND_WEBSITE = "Continue on the website"
COMMAND_HELP = "What I can do"
COMMAND_PRIVACY = "What is kept about you"
COMMAND_FORGET = "Delete everything"
