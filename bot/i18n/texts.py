"""Every interface text that the assistant says by itself. The keys of the .po files; a test compares them."""

INTRODUCTION = (
    "I am an automatic assistant of the {service}, not a person. I answer from checked official and published sources. "
    "To continue our conversation, what you write is kept for {days} days on the service's own machine and passed on to nobody; "
    "please do not write names or document numbers. To talk to a person, call {phone}."
)
GREETING = "Hello! What would you like to know?"
THANKS = "You are welcome. If you have another question, just write."
GOODBYE = "Goodbye, and all the best. You can come back with a question at any time."
BOT = (
    "I am a computer program, not a person. I choose among answers that people have checked; I do not invent anything. "
    "To talk to a person of the {service}, call {phone}."
)
CAPABILITIES = "I answer questions about these subjects: {topics}. Write your question in your own words, or pick one:"
NOT_SURE = "I am not sure that I understood you. Did you mean one of these?"
UNREADABLE = "I could not read a question in that. Please write it in a few words."
OR_CALL = "If none of this fits, call {phone}: a person will help you."
NO_REFERENCE = "What is your question about? Please write one more word, for example “citizenship” or “visa”."
OUT_OF_SCOPE = (
    "I cannot help with that: the {service} does not deal with it, or I have no checked answer. "
    "If you think that it is a matter for the service, call {phone}. I know about: {topics}."
)
EXPIRED = (
    "I had an answer to this, but it was valid only until {date} and has not been confirmed since, so I do not give it as valid. "
    "Please call {phone} or look at the source."
)
OTHER_LANGUAGE = "I do not have this answer in your language yet. Here it is in {spoken}."
ASPECT_MISSING = "The checked answer says nothing about that. Please call {phone}."
HANDOFF = "To talk to a person, call the {service}: {phone}."
EMERGENCY = (
    "If you or somebody else is in danger now, call {phones}. These calls reach people who can help at once. "
    "If you cannot speak aloud, try to get to a place with people. You are not to blame."
)
EMERGENCY_MORE = "Help that may fit:"
LANGUAGE_SWITCHED = "I will answer in English from now on."
LANGUAGE_ASK = "In which language shall I answer?"
RESTARTED = "We are starting over. What would you like to know?"
SITUATION_ASK = "The rule differs for some people. If one of these is you, tap it:"
RELATED = "Related questions:"
START = "People often ask:"
SOURCES = "Sources"
CHECKED = "Checked on {date}."
CHECKED_VALID = "Checked on {date}. Valid until {until}."
UNDATED = "the page has no date"
ABOUT_YEAR = "{year}"
STEPS = "What to do"
DOCUMENTS = "What to bring"
FEE = "Fee"
WHERE = "Where"
HOW_LONG = "How long it takes"
DEADLINE = "Deadline"
CHILDREN = "Children"
PROBLEM = "Something went wrong on my side and I could not answer. Please try again in a minute, or call {phone}."
LANGUAGE_NAME = "English"
MOVED = "This conversation goes on in another place. What was said here has been moved there."
MOVED_TELEGRAM = "This conversation goes on in Telegram. What was said here has been moved there."
NOTICE = "⚠ Important notice"
