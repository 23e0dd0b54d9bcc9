"""What can go wrong between approved content and what answers. The texts are keys of the studio's translations."""

from __future__ import annotations

from collections.abc import Sequence

from bot.errors import BadInputError, GuidepostError


class ReasonNeededError(BadInputError):
    """A release lowers topics (`topics`, by id) by more than the margin and nobody has said why it should go live."""

    code = "reason_needed"
    status = 409

    def __init__(self, topics: Sequence[str], points: float) -> None:
        self.topics = list(topics)
        super().__init__(
            "This release understands fewer test questions about {topics} than the one that is live (by more than "
            "{points} points). Write down why it should go live all the same; the reason is kept.",
            topics=", ".join(topics),
            points=f"{points:g}",
        )


class LiveMovedError(GuidepostError):
    """Somebody published something else since the page was opened."""

    code = "live_moved"
    status = 409
    public = "Somebody has published another release since this page was opened. Look at what is live now, then decide."


class OldReleaseError(GuidepostError):
    """A release was trained by another version of the program, whose models this one does not load."""

    code = "old_release"
    status = 409
    public = (
        "This release was made by an earlier version of the program, so it cannot go live as it is. "
        "Build its content anew, then publish that."
    )


class NothingBeforeError(GuidepostError):
    """There is no release to go back to."""

    code = "nothing_before"
    status = 409
    public = "No other release was live before this one, so there is nothing to go back to."


class NotOnlyTextsError(GuidepostError):
    """Examples, titles or test questions have changed too, so a model must be trained or tested."""

    code = "not_only_texts"
    status = 409
    public = (
        "Not only answer texts have changed since the live release, but examples, titles or test questions too. "
        "Build a release: it takes these in and tests them."
    )


class NothingChangedError(GuidepostError):
    """What is approved is what is live."""

    code = "nothing_changed"
    status = 409
    public = "Nothing has changed: what is approved is already live."


class AlreadyBuildingError(GuidepostError):
    """This person's build of the same content is waiting in the queue."""

    code = "already_queued"
    status = 409
    public = "A release is already waiting to be built. It will contain everything approved by then."


class NoticeMovedError(GuidepostError):
    """The notice that stood when the page was opened stands no more: it was replaced, withdrawn, or its time is over."""

    code = "notice_moved"
    status = 409
    public = "The notice has changed since this page was opened. Look at what is shown now, then decide."


class GoneError(GuidepostError):
    """What the form was about is over or was never there."""

    code = "gone"
    status = 404
    public = "This no longer exists or is already over. Go back and load the page again to see how things stand now."
