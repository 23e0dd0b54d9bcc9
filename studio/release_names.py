"""What pages about releases call things: steps and states of builds, failures, differences, moves."""

from __future__ import annotations

from bot.publishing.overview import StoredBuild
from studio.texts import _, translate

STEP_NAMES = {
    "": _("waiting for its turn"),
    "read": _("reading the approved content"),
    "train": _("training the model"),
    "score": _("asking the test questions"),
    "replay": _("replaying real questions"),
}
"""What each step of a build is called."""

_SHARES = {"": (0, 0), "read": (0, 5), "train": (5, 50), "score": (50, 75), "replay": (75, 100)}

STATE_NAMES = {
    "queued": _("waiting"),
    "running": _("under way"),
    "done": _("built"),
    "failed": _("failed"),
    "cancelled": _("cancelled"),
    "waiting": _("waiting for its time"),
}
"""What the states of builds and schedules are called; `done` of a schedule is DONE_ON_TIME."""

DONE_ON_TIME = _("went live")

FAILURE_TEXTS = {
    "disk_full": _("The disk is full. Ask whoever runs the server to make room, then build again."),
    "memory": _("The server had too little memory. Ask whoever runs it, then build again."),
    "training": _("The model could not be trained from the examples. The words below say why."),
    "content": _("The content cannot be used as it is. The words below say what to correct."),
    "killed": _(
        "The process was ended from outside, perhaps because memory ran out. Build again; ask whoever runs the server if "
        "it happens twice."
    ),
    "stopped": _("The server was stopped meanwhile. Build again."),
    "lost": _("The process has given no sign of life for a minute. Build again."),
    "error": _(
        "Something unexpected happened. Build again; if it happens twice, show the words below to whoever runs the server."
    ),
}
"""What people are told about a failed build, by its code."""

KIND_NAMES = {
    "changed": _("Another question is answered"),
    "newly_answered": _("Answered now, not answered before"),
    "no_longer_answered": _("No longer answered"),
    "reworded": _("Same question, other words"),
    "asked_otherwise": _("Not answered before or now, but told so in another way"),
}
"""What each kind of difference is called."""

SAID_NAMES = {
    "answer": _("answered"),
    "small_talk": _("small talk"),
    "emergency": _("emergency numbers"),
    "clarify": _("asked back"),
    "refused": _("not ours to answer"),
}
"""What each kind of reply is called."""

MOVE_NAMES = {
    "publish": _("published"),
    "back": _("taken back"),
    "texts": _("answer texts only"),
    "schedule": _("as scheduled"),
    "files": _("from files at the start"),
    "train": _("by the command line"),
}
"""What each kind of move of the pointer is called."""

TROUBLE_TEXT = _(
    "Release {number} was published, but its stored model is damaged or cannot be loaded ({code}), so release {live} goes on "
    "answering. Take it back, or build a new release."
)


def percent(build: StoredBuild) -> int:
    """Return how far a build is, in percent; training and scoring may be left out, so it can jump."""
    begin, end = _SHARES.get(build.step, (0, 0))
    share = build.done / build.total if build.total else 0
    return 100 if build.state == "done" else round(begin + (end - begin) * min(share, 1))


def status_text(build: StoredBuild, language: str) -> str:
    """Return a build's step with its counts, in words."""
    if build.state != "running":
        return translate(language, STATE_NAMES[build.state])
    name = translate(language, STEP_NAMES[build.step])
    return f"{name}: {build.done:,} / {build.total:,}" if build.total else name
