"""What a model learns from."""

from __future__ import annotations

from conftest import ROOT

from bot.knowledge import files
from bot.knowledge.comparing import comparable
from bot.knowledge.schema import Content, HeldBack


def _content() -> Content:
    content = files.load(ROOT, "armenia").content
    assert content is not None
    return content


def test_titles_are_learned_in_every_language() -> None:
    """The plainest wording of a question is its title; it is understood without an author repeating it."""
    content = _content()
    learned = {(example.intent, comparable(example.text)) for example in content.training_examples()}
    held_back = {comparable(item.text) for item in content.held_back}
    for question in content.questions:
        for title in question.title.values():
            assert comparable(title) in held_back or (question.id, comparable(title)) in learned


def test_nothing_is_learned_that_is_tested() -> None:
    """Not even a title: a test question that happens to be one stays unseen."""
    content = _content()
    title = content.questions[0].title["en"]
    asked = content.model_copy(
        update={
            "held_back": [
                *content.held_back,
                HeldBack(expected=content.questions[0].id, language="en", text=title + "?"),
            ]
        }
    )
    learned = {comparable(example.text) for example in asked.training_examples()}
    assert not learned & {comparable(item.text) for item in asked.held_back}


def test_nothing_is_learned_twice() -> None:
    texts = [comparable(example.text) for example in _content().training_examples()]
    assert len(texts) == len(set(texts))
