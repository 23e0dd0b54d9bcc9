"""The Rasa components one by one and as the pipeline of config.yml, on a small pack built here.

Long because every component is tried on the same small pack, which is trained once.
"""

from __future__ import annotations

import importlib
import json
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml
from conftest import ROOT
from hypothesis import given, settings
from hypothesis import strategies as st
from rasa.engine.graph import ExecutionContext, GraphSchema
from rasa.engine.storage.local_model_storage import LocalModelStorage
from rasa.engine.storage.resource import Resource
from rasa.shared.nlu.constants import ENTITIES, FEATURE_TYPE_SENTENCE, INTENT, INTENT_RESPONSE_KEY, TEXT
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData

from bot.knowledge.importer import message as example_message
from bot.understanding.attributes import FALLBACK, LANGUAGE, NORMALISED, OUT_OF_SCOPE, QUESTION, READING, URGENT
from bot.understanding.classifier import QuestionClassifier
from bot.understanding.encoder import shared_encoder
from bot.understanding.language import LanguageIdentifier, make_reader
from bot.understanding.letters.reader import Reader, script_of
from bot.understanding.normaliser import Normaliser
from bot.understanding.scope import ScopeClassifier
from bot.understanding.sentence_encoder import SentenceEncoder
from bot.understanding.tokenizer import MultilingualTokenizer

PACK = {
    "passport/get": [
        "How do I get a passport?",
        "I need a new passport",
        "What documents are needed for a passport",
        "Как получить паспорт?",
        "Мне нужен новый паспорт",
        "Какие документы нужны для паспорта",
        "Ինչպե՞ս ստանալ անձնագիր",
        "Ինձ նոր անձնագիր է պետք",
        "Ի՞նչ փաստաթղթեր են պետք անձնագրի համար",
    ],
    "residence/apply": [
        "How do I apply for a residence permit?",
        "I want to extend my residence permit",
        "Where do I apply for residence status",
        "Как оформить вид на жительство?",
        "Хочу продлить вид на жительство",
        "Где подать на статус проживания",
        "Ինչպե՞ս դիմել կացության կարգավիճակի համար",
        "Ուզում եմ երկարացնել կացության քարտը",
        "Որտե՞ղ դիմել կացության համար",
    ],
    "office/hours": [
        "When is the office open?",
        "What are your working hours",
        "Is the office open on Saturday",
        "Когда работает офис?",
        "Какой у вас график работы",
        "Офис открыт в субботу",
        "Ե՞րբ է աշխատում գրասենյակը",
        "Ո՞րն է ձեր աշխատանքային ժամերը",
        "Գրասենյակը շաբաթ օրը բա՞ց է",
    ],
    OUT_OF_SCOPE: [
        "What is the weather tomorrow?",
        "Tell me a joke",
        "Who won the football match",
        "Какая завтра погода?",
        "Расскажи анекдот",
        "Кто выиграл футбольный матч",
        "Ի՞նչ եղանակ է վաղը",
        "Կատակ պատմիր",
        "Ո՞վ հաղթեց ֆուտբոլի խաղը",
    ],
}
UNSEEN = [
    ("i'd like to get my passport, how?", "passport/get"),
    ("хочу получить новый паспорт", "passport/get"),
    ("անձնագիր եմ ուզում ստանալ", "passport/get"),
    ("residence permit application, where", "residence/apply"),
    ("продление вида на жительство", "residence/apply"),
    ("կացության կարգավիճակ եմ ուզում", "residence/apply"),
    ("office opening hours please", "office/hours"),
    ("по каким часам работает офис", "office/hours"),
    ("գրասենյակի ժամերը", "office/hours"),
]
FOREIGN = ["tell me a funny joke", "какая погода сегодня", "ֆուտբոլի խաղը ո՞վ հաղթեց"]
UNREADABLE = ["", "   ", "🙂", "12345", "?!", "\u200b\u202e", "\x00", "\ud800", "/restart"]
BEFORE = [Normaliser, LanguageIdentifier, MultilingualTokenizer, SentenceEncoder]
LANGUAGES = {"Armn": "hy", "Cyrl": "ru"}
CONTEXT = ExecutionContext(GraphSchema({}))


def language_of(text: str) -> str:
    """The language of an example of the pack."""
    return next((LANGUAGES[s] for s in map(script_of, text) if s in LANGUAGES), "en")


@lru_cache(maxsize=1)
def reader() -> Reader:
    """What the language component learns from the pack, once."""
    known: dict[str, list[str]] = {}
    for text in (text for texts in PACK.values() for text in texts):
        known.setdefault(language_of(text), []).append(text)
    return make_reader(known)


def make(component: type, storage: LocalModelStorage, **config: Any) -> Any:
    if component is LanguageIdentifier:
        return LanguageIdentifier(storage, Resource("unused"), reader)
    return component.create({**component.get_default_config(), **config}, storage, Resource("unused"), CONTEXT)


@pytest.fixture(scope="module")
def storage(tmp_path_factory: pytest.TempPathFactory) -> LocalModelStorage:
    return LocalModelStorage.create(tmp_path_factory.mktemp("storage"))


def examples(pack: dict[str, list[str]], storage: LocalModelStorage) -> TrainingData:
    """A pack as training data that has been through everything before the classifier."""
    listed = [(intent, text) for intent, texts in pack.items() for text in texts]
    data = TrainingData([example_message(intent, text, language_of(text)) for intent, text in listed])
    for component in BEFORE:
        data = make(component, storage).process_training_data(data)
    return data


def asked(texts: list[str], storage: LocalModelStorage) -> list[Message]:
    messages = [Message(data={TEXT: text}) for text in texts]
    for component in BEFORE:
        messages = make(component, storage).process(messages)
    return messages


class Trained:
    """A classifier as it was trained, and as it is loaded from its file."""

    def __init__(self, pack: dict[str, list[str]], path: Path) -> None:
        path.mkdir(exist_ok=True)
        self.storage = LocalModelStorage.create(path)
        resource = Resource("classifier")
        config = QuestionClassifier.get_default_config()
        self.fresh = QuestionClassifier.create(config, self.storage, resource, CONTEXT)
        self.resource = self.fresh.train(examples(pack, self.storage))
        self.loaded = QuestionClassifier.load(config, self.storage, self.resource, CONTEXT)

    def ask(self, *texts: str, fresh: bool = False) -> list[dict[str, Any]]:
        messages = asked(list(texts), self.storage)
        (self.fresh if fresh else self.loaded).process(messages)
        return [message.as_dict(only_output_properties=True) for message in messages]


@pytest.fixture(scope="module")
def classifier(tmp_path_factory: pytest.TempPathFactory) -> Trained:
    return Trained(PACK, tmp_path_factory.mktemp("classifier"))


# --- the sentence encoder as a featurizer -----------------------------------------------------------------------


def test_sentence_feature_is_what_stock_components_read(storage: LocalModelStorage) -> None:
    (message,) = asked(["Ինչպե՞ս ստանալ անձնագիր"], storage)
    sequence, sentence = message.get_dense_features(TEXT, [])
    assert sequence is None
    assert sentence is not None
    assert sentence.type == FEATURE_TYPE_SENTENCE
    assert sentence.is_dense()
    assert sentence.features.shape == (1, 384)
    assert np.array_equal(shared_encoder().embed("ինչպես ստանալ անձնագիր"), sentence.features[0])
    assert message.get_sparse_features(TEXT, []) == (None, None)


def test_a_stock_classifier_reads_it(storage: LocalModelStorage) -> None:
    """Rasa's own classifier of dense sentence features needs no other featurizer."""
    from rasa.nlu.classifiers.sklearn_intent_classifier import SklearnIntentClassifier

    data = examples(PACK, storage)
    vectors = [SklearnIntentClassifier._get_sentence_features(m) for m in data.intent_examples]
    assert np.stack(vectors).shape == (36, 384)


def test_feature_can_be_chosen_by_name(storage: LocalModelStorage) -> None:
    """`featurizers: [e5]` in a component's configuration picks the one with `alias: e5`."""
    message = Message(data={TEXT: "visa", NORMALISED: "visa"})
    SentenceEncoder.create({"alias": "e5"}, storage, Resource("unused"), CONTEXT).process([message])
    assert message.get_dense_features(TEXT, ["e5"])[1] is not None
    assert message.get_dense_features(TEXT, ["another"])[1] is None


def test_examples_and_questions_get_the_same_vector(storage: LocalModelStorage) -> None:
    (example,) = examples({"a": ["Как получить паспорт?"]}, storage).training_examples
    (question,) = asked(["как получить ПАСПОРТ"], storage)
    pair = [message.get_dense_features(TEXT, [])[1].features for message in (example, question)]
    assert np.array_equal(*pair)


@pytest.mark.parametrize("text", UNREADABLE, ids=ascii)
def test_unreadable_messages_get_no_feature(storage: LocalModelStorage, text: str) -> None:
    (message,) = asked([text], storage)
    assert message.get_dense_features(TEXT, []) == (None, None)


# --- the classifier ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("text", "expected"), UNSEEN)
def test_unseen_questions_are_recognised(classifier: Trained, text: str, expected: str) -> None:
    (result,) = classifier.ask(text)
    assert expected == result[QUESTION]["name"]
    assert expected.partition("/")[0] == result[INTENT]["name"]
    assert result[INTENT]["confidence"] == result[QUESTION]["confidence"]


def test_foreign_questions_are_further_outside_than_ours(classifier: Trained) -> None:
    foreign = [result[QUESTION]["outside"] for result in classifier.ask(*FOREIGN)]
    ours = [result[QUESTION]["outside"] for result in classifier.ask(*(text for text, _ in UNSEEN))]
    assert min(foreign) > 0.5 > max(ours)


def test_loaded_says_what_was_trained(classifier: Trained) -> None:
    """Two loads agree to the last digit; with the trained one up to the half precision of the file."""
    texts = [*(text for text, _ in UNSEEN), *FOREIGN]
    again = QuestionClassifier.load(
        QuestionClassifier.get_default_config(), classifier.storage, classifier.resource, CONTEXT
    )
    messages = again.process(asked(texts, classifier.storage))
    loaded = classifier.ask(*texts)
    assert loaded == [message.as_dict(only_output_properties=True) for message in messages]
    for before, after in zip(classifier.ask(*texts, fresh=True), loaded, strict=True):
        assert before[QUESTION]["name"] == after[QUESTION]["name"]
        assert before[QUESTION]["ranking"] == after[QUESTION]["ranking"]
        assert before[QUESTION]["confidence"] == pytest.approx(after[QUESTION]["confidence"], abs=0.01)
        assert before[QUESTION]["outside"] == pytest.approx(after[QUESTION]["outside"], abs=0.01)


def test_training_twice_gives_the_same_model(classifier: Trained, tmp_path: Path) -> None:
    texts = [text for text, _ in UNSEEN]
    assert classifier.ask(*texts) == Trained(PACK, tmp_path / "again").ask(*texts)


def test_company_does_not_change_a_result(classifier: Trained) -> None:
    """Messages are judged one by one in a conversation and in thousands by an evaluation."""
    texts = [text for text, _ in UNSEEN]
    for together, text in zip(classifier.ask(*texts), texts, strict=True):
        (alone,) = classifier.ask(text)
        assert together[QUESTION]["name"] == alone[QUESTION]["name"]
        assert together[QUESTION]["confidence"] == pytest.approx(alone[QUESTION]["confidence"], abs=2e-4)


def test_ranking_leaves_out_of_scope_out(classifier: Trained) -> None:
    """A choice offered to a person must never be "none of ours", even when that is likeliest."""
    for result in classifier.ask(*FOREIGN, "passport"):
        names = [entry["name"] for entry in result[QUESTION]["ranking"]]
        scores = [entry["score"] for entry in result[QUESTION]["ranking"]]
        assert {"passport/get", "residence/apply", "office/hours"} == set(names)
        assert names[0] == result[QUESTION]["name"]
        assert scores == sorted(scores, reverse=True)
        assert OUT_OF_SCOPE not in [entry["name"] for entry in result["intent_ranking"]]


def test_ranking_names_each_topic_once(tmp_path: Path) -> None:
    """Rasa's `intent_ranking` knows topics; a topic has the score of its best question."""
    pack = {
        "passport/get": PACK["passport/get"],
        "passport/lost": ["I lost my passport", "Я потерял паспорт", "Կորցրել եմ անձնագիրս", "my passport was stolen"],
        "office/hours": PACK["office/hours"],
    }
    (result,) = Trained(pack, tmp_path / "m").ask("I have lost my passport")
    assert result[QUESTION]["name"] == "passport/lost"
    assert [entry["name"] for entry in result["intent_ranking"]] == ["passport", "office"]
    assert result[QUESTION]["ranking"][0]["score"] == result["intent_ranking"][0]["confidence"]


def test_nearest_examples_carry_similarity(classifier: Trained) -> None:
    """The examples as they were written, nearest first; an example itself is its own nearest."""
    (result,) = classifier.ask("КАК получить ПАСПОРТ")
    nearest = result[QUESTION]["nearest"]
    assert len(nearest) == 5
    assert nearest[0]["text"] == "Как получить паспорт?"
    assert nearest[0]["intent"] == "passport/get"
    assert nearest[0]["similarity"] == pytest.approx(1, abs=2e-3)
    for other in classifier.ask(*(text for text, _ in UNSEEN), *FOREIGN):
        similarities = [example["similarity"] for example in other[QUESTION]["nearest"]]
        assert similarities == sorted(similarities, reverse=True)
    for example in nearest:
        assert example["text"] in PACK[example["intent"]]


@pytest.mark.parametrize("text", UNREADABLE, ids=ascii)
def test_unreadable_messages_get_no_intent(classifier: Trained, text: str) -> None:
    unreadable, readable = classifier.ask(text, "passport")
    assert unreadable[INTENT] == {"name": None, "confidence": 0.0}
    assert unreadable["intent_ranking"] == []
    assert unreadable[QUESTION] == {
        "name": None,
        "confidence": 0.0,
        "outside": 0.0,
        "ranking": [],
        "nearest": [],
        "also": [],
        "urgent": 0.0,
    }
    assert readable[INTENT]["name"] == "passport"


@given(st.text(max_size=40))
@settings(max_examples=30, deadline=None)
def test_every_text_gets_a_sound_result(classifier: Trained, text: str) -> None:
    (result,) = classifier.ask(text)
    question = result[QUESTION]
    assert 0.0 <= question["confidence"] <= 1.0
    assert 0.0 <= question["outside"] <= 1.0
    assert 0.0 <= question["urgent"] <= 1.0
    assert question["also"] == [] or question["also"][0] != question["name"]
    assert (question["name"] is None) == (question["ranking"] == [])


def test_a_second_question_is_named_beside_the_first(classifier: Trained) -> None:
    (result,) = classifier.ask("How do I get a passport? When is the office open?")
    assert (result[QUESTION]["name"], result[QUESTION]["also"]) == ("passport/get", ["office/hours"])
    (result,) = classifier.ask("How do I get a passport?")
    assert (result[QUESTION]["name"], result[QUESTION]["also"]) == ("passport/get", [])


def test_parts_are_read_only_where_the_configuration_says_so(classifier: Trained) -> None:
    config = {**QuestionClassifier.get_default_config(), "read_parts": False}
    whole = QuestionClassifier.load(config, classifier.storage, classifier.resource, CONTEXT)
    messages = asked(["How do I get a passport? When is the office open?"], classifier.storage)
    whole.process(messages)
    assert messages[0].get(QUESTION)["also"] == []


def test_a_pack_without_calls_for_help_never_hears_one(classifier: Trained) -> None:
    assert {result[QUESTION]["urgent"] for result in classifier.ask("help me, he has a knife", *FOREIGN)} == {0.0}


def test_calls_for_help_are_heard(tmp_path: Path) -> None:
    """Not by the questions that are about something else, nor by what is foreign."""
    calls = [
        "Help me, he wants to kill me",
        "My husband is beating me right now",
        "They have locked me in and I cannot get out",
        "Somebody is breaking into my home",
        "Please help, I am bleeding",
        "Помогите, меня хотят убить",
        "Муж меня бьёт прямо сейчас",
        "Меня заперли, я не могу выйти",
        "Помогите, у меня кровь",
        "Օգնեք, ինձ ուզում են սպանել",
        "Ամուսինս ծեծում է ինձ հիմա",
        "Ինձ փակել են, չեմ կարող դուրս գալ",
    ]
    trained = Trained({**PACK, URGENT: calls}, tmp_path / "m")
    grave = [result[QUESTION]["urgent"] for result in trained.ask("help, he is beating me", "помогите, меня убивают")]
    calm = [result[QUESTION]["urgent"] for result in trained.ask(*(text for text, _ in UNSEEN))]
    assert min(grave) > 0.5 > max(calm)


def test_an_untrained_classifier_gives_no_intent(storage: LocalModelStorage) -> None:
    """Rasa makes one while it checks the configuration."""
    messages = asked(["passport"], storage)
    make(QuestionClassifier, storage).process(messages)
    assert messages[0].get(INTENT) == {"name": None, "confidence": 0.0}


def test_two_intents_only(tmp_path: Path) -> None:
    trained = Trained({name: PACK[name] for name in ("passport/get", "office/hours")}, tmp_path / "m")
    passport, office = trained.ask("хочу получить новый паспорт", "գրասենյակի ժամերը")
    assert passport[QUESTION]["name"] == "passport/get"
    assert office[QUESTION]["name"] == "office/hours"
    assert max(passport[QUESTION]["outside"], office[QUESTION]["outside"]) < 0.3
    assert sum(entry["score"] for entry in passport[QUESTION]["ranking"]) == pytest.approx(1, abs=1e-3)


def test_foreign_questions_are_further_outside_without_an_example_of_them(tmp_path: Path) -> None:
    """A new pack has questions and nothing yet that is out of scope; it must be able to refuse all the same."""
    trained = Trained({name: texts for name, texts in PACK.items() if name != OUT_OF_SCOPE}, tmp_path / "m")
    foreign = [result[QUESTION]["outside"] for result in trained.ask(*FOREIGN)]
    ours = [result[QUESTION]["outside"] for result in trained.ask(*(text for text, _ in UNSEEN))]
    assert min(foreign) > max(ours)


def test_one_question_and_out_of_scope(tmp_path: Path) -> None:
    """The smallest pack that can refuse."""
    trained = Trained({name: PACK[name] for name in ("passport/get", OUT_OF_SCOPE)}, tmp_path / "m")
    ours, foreign = trained.ask("хочу получить новый паспорт", "tell me a funny joke")
    assert ours[QUESTION]["name"] == foreign[QUESTION]["name"] == "passport/get"
    assert ours[QUESTION]["outside"] < 0.5 < foreign[QUESTION]["outside"]


def test_two_intents_of_two_examples_without_a_common_word(tmp_path: Path) -> None:
    """Somebody tries the content's format with next to nothing in it."""
    pack = {"passport/get": ["red passport", "new document"], "office/hours": ["working time", "open when"]}
    (result,) = Trained(pack, tmp_path / "m").ask("passport")
    assert result[QUESTION]["name"] == "passport/get"


@pytest.fixture(scope="module")
def thin(tmp_path_factory: pytest.TempPathFactory) -> Trained:
    """The pack with one more question that has a single example."""
    pack = {**PACK, "fee/pay": ["Where do I pay the state fee?"]}
    return Trained(pack, tmp_path_factory.mktemp("thin"))


def test_an_intent_with_a_single_example_trains(thin: Trained) -> None:
    (result,) = thin.ask("where can i pay the state fee")
    assert result[QUESTION]["name"] == "fee/pay"


def test_a_thin_intent_does_not_make_the_others_careless(thin: Trained) -> None:
    """One question with a single example must not end all doubt: what is foreign is still refused."""
    foreign = [result[QUESTION]["outside"] for result in thin.ask(*FOREIGN)]
    ours = [result[QUESTION]["outside"] for result in thin.ask(*(text for text, _ in UNSEEN))]
    assert min(foreign) > max(ours)


@pytest.mark.parametrize(
    "pack", [{}, {"passport/get": ["a passport", "the passport"]}, {"a/b": ["🙂"], "c/d": ["text"]}]
)
def test_fewer_than_two_intents_is_a_clear_error(storage: LocalModelStorage, pack: dict[str, list[str]]) -> None:
    with pytest.raises(ValueError, match="at least two intents"):
        make(QuestionClassifier, storage).train(examples(pack, storage))


def test_a_missing_encoder_is_a_clear_error(storage: LocalModelStorage, classifier: Trained) -> None:
    """Somebody took the line out of config.yml."""
    data = make(Normaliser, storage).process_training_data(
        TrainingData([Message.build("passport", "a/b"), Message.build("visa", "c/d")])
    )
    with pytest.raises(ValueError, match=r"SentenceEncoder before it in config\.yml"):
        make(QuestionClassifier, storage).train(data)
    messages = make(Normaliser, storage).process([Message(data={TEXT: "passport"})])
    with pytest.raises(ValueError, match=r"SentenceEncoder before it in config\.yml"):
        classifier.loaded.process(messages)


def test_examples_without_intent_or_text_are_passed_over(tmp_path: Path) -> None:
    """Rasa's data hold response texts and entity examples too."""
    storage = LocalModelStorage.create(tmp_path)
    data = examples(PACK, storage)
    data.training_examples += [Message(data={INTENT: "passport"}), Message(data={TEXT: "x", NORMALISED: "x"})]
    resource = make(QuestionClassifier, storage).train(data)
    config = QuestionClassifier.get_default_config()
    messages = asked(["passport"], storage)
    QuestionClassifier.load(config, storage, resource, CONTEXT).process(messages)
    assert messages[0].get(QUESTION)["name"] == "passport/get"


def test_nothing_in_the_model_is_executable(classifier: Trained) -> None:
    """A model file from elsewhere can be wrong, but it cannot run anything: JSON and plain arrays only."""
    with classifier.storage.read_from(classifier.resource) as directory:
        files = sorted(path.name for path in directory.iterdir())
        assert files == ["classifier.json", "classifier.npz", "danger.npz", "examples.json"]
        for name in ("classifier.json", "examples.json"):
            json.loads((directory / name).read_text(encoding="utf-8"))
        for name in ("classifier.npz", "danger.npz"):
            with np.load(directory / name, allow_pickle=False) as arrays:
                assert all(arrays[key].dtype.kind in "fi" for key in arrays.files)


# --- doubt ------------------------------------------------------------------------------------------------------


def decided(text: str, confidence: float, outside: float, urgent: float = 0.0, **config: float) -> dict[str, Any]:
    """What the scope classifier makes of a classifier's result."""
    question = {
        "name": "passport/get",
        "confidence": confidence,
        "outside": outside,
        "ranking": [],
        "nearest": [],
        "also": ["office/hours"],
        "urgent": urgent,
    }
    data = {TEXT: text, NORMALISED: text, QUESTION: question, INTENT: {"name": "passport", "confidence": confidence}}
    message = Message(data=data, output_properties={INTENT})
    ScopeClassifier.create({**ScopeClassifier.get_default_config(), **config}, None, Resource(""), CONTEXT).process(  # type: ignore[arg-type]
        [message]
    )
    return message.as_dict(only_output_properties=True)[INTENT]


@pytest.mark.parametrize(
    ("confidence", "outside", "name", "sure"),
    [
        (0.9, 0.1, "passport", 0.9),
        (0.6, 0.6999, "passport", 0.6),
        (0.5999, 0.0, FALLBACK, 0.4001),
        (0.0, 0.0, FALLBACK, 1.0),
        (0.8999, 0.7, OUT_OF_SCOPE, 0.7),
        (0.1, 0.7, OUT_OF_SCOPE, 0.7),
        (0.5, 1.0, OUT_OF_SCOPE, 1.0),
        (0.9, 0.7, FALLBACK, 0.7),
        (1.0, 1.0, FALLBACK, 1.0),
    ],
)
def test_three_outcomes_at_the_thresholds(confidence: float, outside: float, name: str, sure: float) -> None:
    """Where the classifier is sure of a question and of its being foreign at once, the person is asked."""
    assert {"name": name, "confidence": sure} == decided("passport", confidence, outside)


def test_thresholds_come_from_the_configuration() -> None:
    assert decided("passport", 0.7, 0.3, answer_at=0.8)["name"] == FALLBACK
    assert decided("passport", 0.7, 0.3, refuse_at=0.3)["name"] == OUT_OF_SCOPE
    assert decided("passport", 0.7, 0.8, sure_at=0.7)["name"] == FALLBACK
    assert decided("passport", 0.2, 0.9, answer_at=0.1, refuse_at=0.95)["name"] == "passport"


@pytest.mark.parametrize(
    ("confidence", "outside", "urgent", "name"),
    [
        (0.5, 0.9, 0.9, "emergency"),
        (0.8999, 0.0, 0.9, "emergency"),
        (1.0, 0.7, 0.95, "emergency"),
        (0.9, 0.6999, 1.0, "passport"),
        (0.5, 0.9, 0.8999, OUT_OF_SCOPE),
        (0.5, 0.0, 0.8999, FALLBACK),
    ],
)
def test_danger_comes_before_all_doubt(confidence: float, outside: float, urgent: float, name: str) -> None:
    """But a question that is understood beyond doubt keeps its answer; the numbers are put above it."""
    assert decided("passport", confidence, outside, urgent, urgent_at=0.9)["name"] == name
    assert decided("passport", confidence, outside, urgent, urgent_at=1.01)["name"] != "emergency"


def test_danger_replaces_the_question() -> None:
    """The reply is about the danger alone; nothing else that was asked is answered with it."""
    question = {"name": "a/b", "confidence": 0.5, "outside": 0.1, "also": ["c/d"], "urgent": 0.95}
    message = Message(data={TEXT: "help", NORMALISED: "help", QUESTION: question})
    ScopeClassifier({**ScopeClassifier.get_default_config(), "urgent_at": 0.9}).process([message])
    assert message.get(QUESTION) == {**question, "name": URGENT, "confidence": 0.95, "also": []}
    assert message.get(INTENT) == {"name": "emergency", "confidence": 0.95}


def test_what_cannot_be_read_is_asked_back() -> None:
    """Also without the classifier's result."""
    assert decided("", 0.9, 0.9) == {"name": FALLBACK, "confidence": 0.0}
    message = Message(data={TEXT: "passport", NORMALISED: "passport"})
    ScopeClassifier(ScopeClassifier.get_default_config()).process([message])
    assert message.get(INTENT) == {"name": FALLBACK, "confidence": 0.0}


# --- all of them in a row ---------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def components(tmp_path_factory: pytest.TempPathFactory) -> list[Any]:
    """The components of config.yml, each trained on the pack and loaded again in turn, as Rasa does it.

    The pack's examples have the word «փախստական»: one that nobody knows may be taken for a slip in another.
    """
    storage = LocalModelStorage.create(tmp_path_factory.mktemp("pipeline"))
    listed = [(intent, text) for intent, texts in PACK.items() for text in texts]
    listed += [
        ("residence/apply", "Փախստական եմ, որտե՞ղ դիմել"),
        ("passport/get", "Փախստական եմ, ինձ անձնագիր է պետք"),
    ]
    data = TrainingData([example_message(intent, text, language_of(text)) for intent, text in listed])
    loaded = []
    for row in yaml.safe_load((ROOT / "config.yml").read_text(encoding="utf-8"))["pipeline"]:
        module, _, name = row.pop("name").rpartition(".")
        kind = getattr(importlib.import_module(module), name)
        assert set(row) <= set(kind.get_default_config()), f"{name} does not know all of {sorted(row)}"
        config, resource = {**kind.get_default_config(), **row}, Resource(name)
        component = kind.create(config, storage, resource, CONTEXT)
        if hasattr(component, "train"):
            component = kind.load(config, storage, component.train(data), CONTEXT)
        if hasattr(component, "process_training_data"):
            data = component.process_training_data(data)
        loaded.append(component)
    return loaded


def pipeline(texts: list[str], components: list[Any]) -> list[dict[str, Any]]:
    messages = [Message(data={TEXT: text}) for text in texts]
    for component in components:
        messages = component.process(messages)
    return [message.as_dict(only_output_properties=True) for message in messages]


def test_pipeline(components: list[Any]) -> None:
    text = "Ես փախստական եմ, ինչպե՞ս ստանալ անձնագիր։"
    ours, foreign, noise = pipeline([text, "Tell me a joke", "🙂"], components)
    assert ours[INTENT]["name"] == "passport"
    assert ours[LANGUAGE]["code"] == "hy"
    assert {(e["entity"], e["value"], e["start"], e["end"]) for e in ours[ENTITIES]} == {
        ("situation", "refugee", 3, 12),
        ("status", "refugee", 3, 12),
        ("document", "passport", text.index("անձնագիր"), text.index("։")),
    }
    assert (ours[QUESTION]["name"], ours[QUESTION]["also"], ours[QUESTION]["urgent"]) == ("passport/get", [], 0.0)
    assert foreign[INTENT]["name"] == OUT_OF_SCOPE
    assert noise[INTENT] == {"name": FALLBACK, "confidence": 0.0}


def test_pipeline_reads_other_letters(components: list[Any]) -> None:
    """Romanised Russian is read, classified and searched for entities as if it were typed in Russian letters."""
    (result,) = pipeline(["kak poluchit noviy pasport"], components)
    assert (result[LANGUAGE]["code"], result[LANGUAGE]["way"]) == ("ru", "latin")
    assert result[READING].startswith("как получит")
    assert result[QUESTION]["name"] == "passport/get"
    assert [(e["entity"], e["value"], e["start"]) for e in result[ENTITIES]] == [("document", "passport", 19)]


def test_pipeline_reads_the_beginning_of_an_endless_message(components: list[Any]) -> None:
    (result,) = pipeline(["Как получить паспорт? " * 50_000], components)
    assert result[LANGUAGE]["code"] == "ru"
    assert len(result[TEXT]) == 1000


def test_pipeline_survives_broken_characters(components: list[Any]) -> None:
    """A lone surrogate can arrive as an argument of the command line or in JSON."""
    (result,) = pipeline(["\ud800 passport \x00"], components)
    assert result[QUESTION]["name"] == "passport/get"


def test_retrieval_intents_keep_their_question(storage: LocalModelStorage) -> None:
    """The classifier learns topic/question, not the topic alone."""
    first = examples(PACK, storage).training_examples[0]
    assert first.get(INTENT) == "passport"
    assert first.get(INTENT_RESPONSE_KEY) == "passport/get"
