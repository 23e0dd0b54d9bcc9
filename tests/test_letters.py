"""Messages in other letters than their language's own, and with slips, read back into what was meant."""

from __future__ import annotations

import random
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.understanding.language import make_reader
from bot.understanding.letters import samples, schemes
from bot.understanding.letters.reader import Reader, train
from bot.understanding.letters.spelling import SPELLINGS, SpellingClassifier, without_marks
from bot.understanding.letters.vocabulary import Vocabulary
from bot.understanding.normaliser import clean, fold

EXAMPLES = {
    "hy": [
        "Ինչպե՞ս ստանալ անձնագիր",
        "Ուզում եմ երկարացնել կացության քարտը",
        "որքա՞ն արժե քաղաքացիությունը",
        "ի՞նչ փաստաթղթեր են պետք կայքում",
    ],
    "ru": [
        "Как получить паспорт?",
        "Хочу продлить вид на жительство",
        "Какие документы нужны для гражданства",
        "сколько стоит временная защита",
    ],
    "en": ["How do I get a passport?", "I want to extend my residence permit", "What documents are needed"],
}

# --- schemes --------------------------------------------------------------------------------------------------------


def words_of(language: str) -> list[str]:
    texts = samples.by_language()[language] + EXAMPLES.get(language, [])
    letters = set(schemes.NATIVE[language]) - {"'", "’"}
    return sorted({word for text in texts for word in fold(clean(text)).split() if set(word) <= letters})


@pytest.mark.parametrize("language", schemes.ROMANISED)
def test_romanised_words_keep_the_skeleton_of_the_native_ones(language: str) -> None:
    """Whatever habits a writer has, nearly every word is found again by its skeleton."""
    words = words_of(language)
    missed = []
    for seed in range(20):
        chooser = random.Random(seed)
        for word in chooser.sample(words, 100):
            typed = schemes.romanise(word, language, chooser)
            if schemes.native_skeleton(word, language) not in schemes.latin_skeletons(typed, language):
                missed.append(f"{word} {typed}")
    assert len(missed) <= 0.05 * 2000, missed[:60]


@given(st.sampled_from(schemes.LANGUAGES), st.text(st.characters(codec="utf-8"), max_size=30))
@settings(max_examples=100, deadline=None)
def test_every_word_has_a_few_skeletons(language: str, word: str) -> None:
    assert len(schemes.latin_skeletons(word, language)) <= 24
    assert isinstance(schemes.native_skeleton(word, language), str)


@pytest.mark.parametrize("language", ["az", "lv"])
def test_words_without_their_marks_keep_their_skeleton(language: str) -> None:
    for word in samples.by_language()[language][0].lower().split():
        native = schemes.native_skeleton(word, language)
        assert native in schemes.latin_skeletons(without_marks(word), language)


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("сколькo стoит", "сколько стоит"),  # Latin o
        ("пacпорт", "паспорт"),  # Latin a, c
        ("pаsspоrt", "passport"),  # Cyrillic а, о
        ("անձնագpեր", "անձնագրեր"),  # Latin p
        ("паспорт ID online", "паспорт ID online"),
        ("անձնագիր online", "անձնագիր online"),
        ("Cколько", "Сколько"),  # Latin C
    ],
)
def test_look_alikes_inside_words(typed: str, meant: str) -> None:
    """Words that mix two alphabets are brought into one; whole words of another language stay."""
    assert schemes.mend_look_alikes(typed) == meant


@given(st.text(st.sampled_from("abсоеpxաօձիл дC'"), max_size=20))
@settings(max_examples=100, deadline=None)
def test_mending_look_alikes_keeps_the_length(text: str) -> None:
    assert len(schemes.mend_look_alikes(text)) == len(text)


@pytest.mark.parametrize(
    ("there", "back", "text"),
    [
        (schemes.TO_ENGLISH_KEYS, schemes.TO_RUSSIAN_KEYS, "как получить паспорт, ёж"),
        (schemes.UKRAINIAN_TO_ENGLISH_KEYS, schemes.TO_UKRAINIAN_KEYS, "як отримати посвідку її"),
        (schemes.TO_RUSSIAN_KEYS, schemes.TO_ENGLISH_KEYS, "how do i get a passport"),
    ],
)
def test_keyboards_there_and_back(there: dict[int, int], back: dict[int, int], text: str) -> None:
    typed = text.replace(",", "").translate(there)
    assert typed != text
    assert typed.translate(back) == text.replace(",", "")


@pytest.mark.parametrize(
    ("word", "language", "expected"),
    [
        ("shushan", "hy", "շուշան"),
        ("gharibyan", "hy", "ղարիբյան"),
        ("voskan", "hy", "ոսկան"),
        ("zhukov", "ru", "жуков"),
        ("schukin", "ru", "щукин"),
        ("yuliya", "ru", "юлия"),
        ("hnatiuk", "uk", "гнатюк"),
        ("2026", "hy", "2026"),
        ("pasport", "en", "pasport"),
    ],
)
def test_by_rule(word: str, language: str, expected: str) -> None:
    """Names, which no list has, letter by letter."""
    assert schemes.by_rule(word, language).replace("йа", "я") == expected


# --- vocabulary -----------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def armenian() -> Vocabulary:
    return Vocabulary(Counter(words_of("hy")), "hy")


@pytest.mark.parametrize(
    "typed", ["qaxaqaciutyuny", "kaghakatsiutyun@", "qaghaqaciutyune", "qaxaqaciutyun@", "kaxakacioutioune"]
)
def test_one_word_in_many_spellings(typed: str) -> None:
    assert Vocabulary({"քաղաքացիությունը": 1}, "hy").from_latin(typed) == "քաղաքացիությունը"


def test_the_nearer_and_commoner_word_is_meant() -> None:
    """Both share a skeleton; the spelling decides, then how common a word is."""
    words = Vocabulary({"քար": 1, "կար": 1, "կարը": 30}, "hy")
    assert words.from_latin("qar") == "քար"
    assert words.from_latin("kar") == "կար"
    assert words.from_latin("shun") is None


def test_a_slip_in_latin_letters() -> None:
    words = Vocabulary({"անձնագիր": 5, "գրանցում": 5}, "hy")
    assert words.from_latin("andznagr") == "անձնագիր"
    assert words.from_latin("grancm") == "գրանցում"
    assert words.from_latin("hamar") is None


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("получть", "получить"),
        ("полуучить", "получить"),
        ("полуичть", "получить"),
        ("пощучить", "получить"),
        ("граждантво", "гражданство"),
        ("гражадснтво", "гражданство"),
    ],
)
def test_typos_are_mended(typed: str, meant: str) -> None:
    assert Vocabulary({"получить": 3, "гражданство": 3}, "ru").mended(typed) == meant


@pytest.mark.parametrize("typed", ["получите", "паспорта", "некоторый", "дом", "вома", "pass12"])
def test_other_forms_and_short_words_are_no_typos(typed: str) -> None:
    assert Vocabulary({"получить": 3, "паспорт": 3, "который": 3, "дома": 3, "pass1": 3}, "ru").mended(typed) is None


@given(st.integers(0, 10_000))
@settings(max_examples=100, deadline=None)
def test_mending_never_changes_the_first_letter_nor_mere_endings(armenian: Vocabulary, seed: int) -> None:
    """A first letter may say "not"; another ending is another form of the word."""
    chooser = random.Random(seed)
    word = chooser.choice(list(armenian.words))
    at = chooser.randrange(len(word))
    typed = word[:at] + chooser.choice("աեինոչ") + word[at + chooser.choice((0, 1)) :]
    mended = armenian.mended(typed)
    if mended is not None:
        assert mended in armenian.words
        assert mended[0] == typed[0]
        shorter = min(len(mended), len(typed))
        assert mended[: shorter - 2] != typed[: shorter - 2] or mended[-1] == typed[-1]


def test_missing_spaces() -> None:
    words = Vocabulary({"хочу": 3, "продлить": 3, "на": 9, "учёт": 9, "во": 1, "редкость": 1}, "ru")
    assert words.split("хочупродлить") == ("хочу", "продлить")
    assert words.split("научёт") is None, "too short"
    assert words.split("воредкость") is None, "too rare to be sure"
    assert words.split("нехочупродлить") is None


# --- spelling -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("script", ["Latn", "Cyrl"])
def test_spellings_of_a_script_share_all_probability(script: str) -> None:
    found = SpellingClassifier.fit(samples.of_our_subject())("kak паспорт", script)
    assert {spelling.script for spelling in found} == {script}
    assert set(found) == {spelling for spelling in SPELLINGS if spelling.script == script}
    assert sum(found.values()) == pytest.approx(1)


def test_spelling_of_nothing() -> None:
    classifier = SpellingClassifier.fit({"en": ["how do you do"] * 3})
    assert classifier("123 ?!", "Latn") == {}
    assert classifier("გამარჯობა", "Geor") == {}


def test_a_language_without_samples_is_never_recognised() -> None:
    classifier = SpellingClassifier.fit({"en": ["how do you do"] * 3})
    found = classifier("how do you do", "Latn")
    assert str(max(found, key=lambda spelling: found[spelling])) == "en-native-Latn"
    assert all(value < 1e-6 for spelling, value in found.items() if spelling.language != "en")


def test_without_marks() -> None:
    assert without_marks("vətəndaşlığı çörək ārzemēs šķiņķis") == "vetendasligi corek arzemes skinkis"


# --- reader ---------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def reader(trained: Any) -> Reader:
    return make_reader(EXAMPLES)


@pytest.mark.parametrize(
    ("typed", "language", "read"),
    [
        ("inchpes stanal andznagir", "hy", "ինչպես ստանալ անձնագիր"),
        ("in4pes stanal andznagir", "hy", "ինչպես ստանալ անձնագիր"),
        ("vonc erkaracnel kacutyan qart@", "hy", "ոնց երկարացնել կացության քարտը"),
        ("kak poluchit' pasport", "ru", "как получить паспорт"),
        ("4to nujno dlya grazhdanstva, skolko stoit?", "ru", "что нужно для гражданства, сколько стоит?"),
        ("xochu prodlit vid na jitelstvo", "ru", "хочу продлить вид на жительство"),
        ("yak otrymaty posvidku na prozhyvannya", "uk", "як отримати посвідку на проживання"),
        ("vetendasliq ucun hansi senedler lazimdir", "az", "vətəndaşlıq üçün hansı sənədlər lazımdır"),
        ("ka sanemt pasi", "lv", "ka saņemt pasi"),
    ],
)
def test_latin_letters(typed: str, language: str, read: str, reader: Reader) -> None:
    found = reader.read(typed)
    assert (found.language, found.text) == (language, read)
    assert found.sure


@pytest.mark.parametrize(
    ("typed", "language", "read"),
    [
        ("rfr gjkexbnm gfcgjhn?", "ru", "как получить паспорт?"),
        ("рщц вщ ш пуе ф зфыызщке", "en", "how do i get a passport"),
    ],
)
def test_wrong_keyboard(typed: str, language: str, read: str, reader: Reader) -> None:
    found = reader.read(typed)
    assert (found.language, found.way, found.text) == (language, "keys", read)


def test_look_alike_letters(reader: Reader) -> None:
    found = reader.read("сколькo стoит пaспорт")
    assert (found.language, found.text, found.share) == ("ru", "сколько стоит паспорт", 1.0)


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("kak zapolnit anketu na mcs-citizenship.am", "mcs-citizenship.am"),
        ("как открыть аккаунт на workpermit.am", "workpermit.am"),
        ("inchpes grancvel earlyone.am kayqum", "earlyone.am"),
        ("hochu pisat na info@migration.am segodnya", "info@migration.am"),
        ("kak zaiti na https://e-request.am/hy/login cherez telefon", "https://e-request.am/hy/login"),
    ],
)
def test_addresses_stay(text: str, kept: str, reader: Reader) -> None:
    assert kept in reader.read(text).text


@pytest.mark.parametrize(
    ("text", "number"), [("kacutyuns 2 shabatic verjanum a", "2"), ("16ic bardzr em", "16"), ("40 let, 2023 god", "40")]
)
def test_numbers_stay(text: str, number: str, reader: Reader) -> None:
    """An age, a fee or a date must not become another one."""
    reader_of_numbers = train({"hy": ["22 շաբաթից վերջանում", "1 տարի"] * 3}, {"hy": ["22 շաբաթից վերջանում"] * 3})
    for each in (reader, reader_of_numbers):
        words = each.read(text).text.split()
        assert any(word == number or (word.startswith(number) and not word[len(number)].isdigit()) for word in words), (
            words
        )


@pytest.mark.parametrize(
    ("typed", "read"),
    [
        ("как полчить паспорт", "как получить паспорт"),
        ("Как получить пасспорт", "Как получить паспорт"),
        ("ինչպես ստանալ անձանգիր", "ինչպես ստանալ անձնագիր"),
        ("how do i get a pasport", "how do i get a passport"),
        ("хочупродлить вид на жительство", "хочу продлить вид на жительство"),
    ],
)
def test_typos(typed: str, read: str, reader: Reader) -> None:
    assert reader.read(typed).text == read


@pytest.mark.parametrize(
    "text",
    [
        "как получать паспорта",
        "невозможно получить паспорт",
        "анкета на паспорт",
        "ինչպես ստացել անձնագիրը",
        "where is the passage to the passport office",
        "documented residents",
    ],
)
def test_other_words_are_not_mended_into_known_ones(text: str, reader: Reader) -> None:
    assert reader.read(text).text == text


def test_a_word_of_some_language_is_no_slip() -> None:
    sentences = {"en": ["how do i get a passport"] * 3}
    assert train(sentences, sentences).read("pasport").text == "passport"
    assert train(sentences, sentences, lambda word: word == "pasport").read("pasport").text == "pasport"


@pytest.mark.parametrize("text", ["vasarā", "iebraukšanas aizliegums", "nekādu dokumentu"])
def test_words_with_their_marks_are_not_taken_for_others(text: str, reader: Reader) -> None:
    """Who types Latvian marks means the word that is there: to drive out is not to drive in, summer is not evening."""
    assert reader.read(text).text == text


@pytest.mark.parametrize("text", ["хочу подать на grazhdanstvo", "сколько стоит zashita"])
def test_latin_words_in_a_russian_sentence(text: str, reader: Reader) -> None:
    assert reader.read(text).text.isascii() is False
    assert not set("abcdefghijklmnopqrstuvwxyz") & set(reader.read(text).text)


def test_keeping_changes_nothing(reader: Reader, tmp_path: Path) -> None:
    """What is loaded and saved again is the same; what was just trained reads the same but for rounding."""
    first, second = tmp_path / "first", tmp_path / "second"
    first.mkdir()
    second.mkdir()
    reader.save(first)
    loaded = Reader.load(first, None)
    loaded.save(second)
    again = Reader.load(second, None)
    assert (first / "letters.json").read_bytes() == (second / "letters.json").read_bytes()
    for text in ("inchpes stanal andznagir", "kak poluchit' pasport", "qart@ vonc poxem", "rfr gjkexbnm", "bilmirem"):
        assert loaded.read(text) == again.read(text)
        assert (loaded.read(text).language, loaded.read(text).way) == (
            reader.read(text).language,
            reader.read(text).way,
        )


@given(st.text(st.one_of(st.characters(), st.sampled_from("aeiouşəāшщыїєаоիանձ 4@'’.?")), max_size=60))
@settings(max_examples=150, deadline=None)
def test_every_text_gives_a_sound_reading(reader: Reader, text: str) -> None:
    text = clean(text)
    found = reader.read(text)
    assert found == reader.read(text)
    assert (found.script is None) == (not any(letter.isalpha() for letter in text))
    assert found.language in (None, "hy", "ru", "en", "uk", "lv", "az")
    assert found.way in ("native", "latin", "keys")
    for part in (found.share, found.probability, found.known):
        assert 0.0 <= part <= 1.0
    if found.language is None:
        assert not found.sure
        assert found.text == schemes.mend_look_alikes(text)
    elif fold(text):
        assert found.text.strip()
