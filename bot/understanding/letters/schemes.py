"""How languages are spelt in Latin letters, informally: to read it (skeletons), and to make samples of it.

A skeleton is what is left of a word when all letters that people confuse fall together. A Latin word and the native
word that it stands for share a skeleton, whatever habits the writer has. The habits were collected from the
transliteration standards (ISO 9985, GOST 7.79, BGN/PCGN, the Ukrainian table of 2010) and from how people chat:
q/k/kh, x/gh/kh, sh/ş/w/6, ch/4/c, y/@, c/ts, jh/zh and the like.
"""

from __future__ import annotations

import random
import re
from functools import lru_cache
from itertools import product

_MOST_READINGS = 24
"""Readings of one word that are tried. More do not occur in words that people type."""

# --- Armenian -------------------------------------------------------------------------------------------------------

# Vowels that are typed as y, @, e or not at all (ը, ե, է) and the glide (յ) leave nothing behind.
_HY_NATIVE = dict(
    zip(
        "աբգդեզէըթժիլխծկհձղճմյնշոչպջռսվտրցւփքօֆև",
        [
            *("a", "b", "g", "d", "", "z", "", "", "t", "J", "i", "l", "X", "C", "k", "h", "z", "X", "J", "m"),
            *("", "n", "S", "o", "J", "p", "J", "r", "s", "v", "t", "r", "C", "v", "p", "k", "o", "f", "v"),
        ],
        strict=True,
    )
)
_HY_LATIN: dict[str, tuple[str, ...]] = {
    "tch": ("J",), "dzh": ("J",), "sh": ("S",), "ch": ("J", "C"), "zh": ("J",), "jh": ("J",), "dj": ("J",),
    "dz": ("z",), "ds": ("z",), "ts": ("C",), "tz": ("C",), "kh": ("X", "k"), "gh": ("X",), "th": ("t",),
    "ph": ("p",), "ou": ("u",), "oo": ("u",), "q": ("k", "X"), "x": ("X",), "c": ("C", "J", "k"), "ç": ("J",),
    "ia": ("ia", "a"), "io": ("io", "o"), "iou": ("iu", "u"), "iu": ("iu", "u"), "ai": ("ai", "a"), "oi": ("oi", "o"),
    "ş": ("S",), "š": ("S",), "č": ("J",), "ž": ("J",), "j": ("J", ""), "y": ("",), "@": ("",), "e": ("",),
    "ə": ("",), "4": ("J",), "6": ("S",), "w": ("S", "v"), "'": ("",), "’": ("",), "ğ": ("X",), "ı": ("",),
}  # fmt: skip

# --- Russian and Ukrainian ------------------------------------------------------------------------------------------

_RU_NATIVE = dict(
    zip(
        "абвгдеёжзийклмнопрстуфхцчшщъыьэюя",
        [
            *("a", "b", "v", "g", "d", "e", "e", "J", "z", "I", "I", "k", "l", "m", "n", "o", "p", "r", "s", "t", "u"),
            *("f", "h", "C", "Q", "S", "S", "", "I", "", "e", "Iu", "Ia"),
        ],
        strict=True,
    )
)
_RU_LATIN: dict[str, tuple[str, ...]] = {
    "shch": ("S",), "sch": ("S",), "sh": ("S",), "tch": ("Q",), "ch": ("Q",), "zh": ("J",), "jh": ("J",),
    "kh": ("h",), "ts": ("C",), "tz": ("C",), "ph": ("f",), "yo": ("e", "Io"), "jo": ("e", "Io"), "io": ("Io", "e"),
    "ye": ("e",), "je": ("e",), "ie": ("e",), "oo": ("u",), "ck": ("k",),
    "i": ("I",), "y": ("I",), "j": ("I", "J"), "c": ("C", "k", "Q"), "w": ("S", "v"), "x": ("h", "ks"),
    "q": ("k",), "4": ("Q",), "6": ("S",), "š": ("S",), "č": ("Q",), "ž": ("J",), "'": ("",), "’": ("",),
    "`": ("",), '"': ("",), "ё": ("e",),
}  # fmt: skip
_UK_NATIVE = {**_RU_NATIVE, "г": "h", "ґ": "g", "і": "I", "ї": "I", "є": "e", "и": "I", "'": "", "’": ""}
_UK_LATIN = {**_RU_LATIN, "g": ("h", "g"), "yi": ("I",), "ji": ("I",)}

# --- Latin scripts without their marks ------------------------------------------------------------------------------

_AZ_NATIVE = dict(zip("əığşçöüäž", "eigscou" + "ez", strict=True))
_AZ_LATIN: dict[str, tuple[str, ...]] = {
    "sh": ("s", "sh"), "ch": ("c", "ch"), "gh": ("g",), "a": ("a", "e"), "w": ("s", "v"), "kh": ("x",),
    "j": ("j", "c"),
}  # fmt: skip
_LV_NATIVE = dict(zip("āčēģīķļņōŗšūž", "acegiklnorsuz", strict=True))
_LV_LATIN: dict[str, tuple[str, ...]] = {"sh": ("s", "sh"), "ch": ("c", "ch"), "zh": ("z",), "w": ("v",)}

NATIVE = {"hy": _HY_NATIVE, "ru": _RU_NATIVE, "uk": _UK_NATIVE, "az": _AZ_NATIVE, "lv": _LV_NATIVE}
LATIN = {"hy": _HY_LATIN, "ru": _RU_LATIN, "uk": _UK_LATIN, "az": _AZ_LATIN, "lv": _LV_LATIN}
LANGUAGES = tuple(NATIVE)
ROMANISED = ("hy", "ru", "uk")
"""Languages whose own script is not Latin."""

_LONGEST = 4
_REPEATED = re.compile(r"(.)\1+")
_DIGIT = re.compile(r"^\d+$")


def _finish(skeleton: str, language: str) -> str:
    if language == "hy":
        # Ո at the beginning is typed "vo" as often as "o".
        skeleton = re.sub(r"^v(?=o)", "", skeleton)
        # ՈՒ is written with two letters of which the first is Ո.
        skeleton = skeleton.replace("ov", "u") if "ov" in skeleton else skeleton
    if language in ("ru", "uk"):
        skeleton = skeleton.replace("Ie", "e").replace("ts", "C")
    # A doubled letter is one letter, but not at the beginning: there «չ» before «ճ» says "not".
    return skeleton[:1] + _REPEATED.sub(r"\1", skeleton[1:])


@lru_cache(maxsize=20000)
def native_skeleton(word: str, language: str) -> str:
    """Return the skeleton of a lower-case word in its own script."""
    table = NATIVE[language]
    if language == "hy":
        word = word.replace("ու", "u").replace("եւ", "և")
    return _finish("".join(table.get(letter, letter) for letter in word), language)


@lru_cache(maxsize=20000)
def latin_skeletons(word: str, language: str) -> tuple[str, ...]:
    """Return the skeletons that a lower-case word in Latin letters may have, the usual reading first."""
    if _DIGIT.match(word):
        return (word,)
    table = LATIN[language]
    parts: list[tuple[str, ...]] = []
    at = 0
    while at < len(word):
        for length in range(min(_LONGEST, len(word) - at), 0, -1):
            piece = word[at : at + length]
            if piece in table:
                parts.append(table[piece])
                break
        else:
            piece = word[at]
            # Marks that a keyboard of the language would have had are read like the letter without them.
            parts.append((NATIVE[language].get(piece, piece),))
        at += len(piece)
    while _count(parts) > _MOST_READINGS:
        widest = max(range(len(parts)), key=lambda i: len(parts[i]))
        parts[widest] = parts[widest][:1]
    return tuple(dict.fromkeys(_finish("".join(choice), language) for choice in product(*parts)))


def _count(parts: list[tuple[str, ...]]) -> int:
    readings = 1
    for part in parts:
        readings *= len(part)
    return readings


# --- rules, where no known word fits --------------------------------------------------------------------------------

_HY_RULES = [
    ("tch", "ճ"), ("sh", "շ"), ("ch", "չ"), ("zh", "ժ"), ("jh", "ժ"), ("dj", "ջ"), ("dz", "ձ"), ("ts", "ց"),
    ("tz", "ծ"), ("kh", "խ"), ("gh", "ղ"), ("th", "թ"), ("ph", "փ"), ("ev", "և"), ("ou", "ու"), ("oo", "ու"),
    ("vo", "ո"), ("ye", "ե"), ("rr", "ռ"), ("yu", "յու"), ("ya", "յա"), ("a", "ա"), ("b", "բ"), ("g", "գ"),
    ("d", "դ"), ("e", "ե"), ("z", "զ"), ("@", "ը"), ("t", "տ"), ("i", "ի"), ("l", "լ"), ("x", "խ"), ("k", "կ"),
    ("h", "հ"), ("m", "մ"), ("y", "յ"), ("n", "ն"), ("o", "ո"), ("p", "պ"), ("j", "ջ"), ("s", "ս"), ("v", "վ"),
    ("r", "ր"), ("c", "ց"), ("u", "ու"), ("q", "ք"), ("f", "ֆ"), ("w", "վ"), ("4", "չ"), ("6", "շ"), ("'", ""),
    ("ş", "շ"), ("ç", "չ"), ("ə", "ը"),
]  # fmt: skip
_RU_RULES = [
    ("shch", "щ"), ("sch", "щ"), ("sh", "ш"), ("ch", "ч"), ("zh", "ж"), ("kh", "х"), ("ts", "ц"), ("tz", "ц"),
    ("yo", "ё"), ("jo", "ё"), ("yu", "ю"), ("ju", "ю"), ("iu", "ю"), ("ya", "я"), ("ja", "я"), ("ia", "ия"),
    ("ye", "е"), ("je", "е"), ("iy", "ий"), ("yy", "ый"), ("a", "а"), ("b", "б"), ("v", "в"), ("g", "г"),
    ("d", "д"), ("e", "е"), ("z", "з"), ("i", "и"), ("j", "й"), ("k", "к"), ("l", "л"), ("m", "м"), ("n", "н"),
    ("o", "о"), ("p", "п"), ("r", "р"), ("s", "с"), ("t", "т"), ("u", "у"), ("f", "ф"), ("h", "х"), ("x", "х"),
    ("c", "ц"), ("w", "ш"), ("y", "ы"), ("q", "к"), ("4", "ч"), ("6", "ш"), ("'", "ь"),
]  # fmt: skip
_UK_RULES = [
    ("yi", "ї"),
    ("ye", "є"),
    ("ie", "є"),
    ("y", "и"),
    ("i", "і"),
    ("h", "г"),
    ("g", "г"),
    ("e", "е"),
    *_RU_RULES,
]
RULES = {"hy": _HY_RULES, "ru": _RU_RULES, "uk": _UK_RULES}


@lru_cache(maxsize=20000)
def by_rule(word: str, language: str) -> str:
    """Convert a lower-case Latin word letter by letter; the last resort for names and words never seen."""
    rules = RULES.get(language)
    if rules is None or _DIGIT.match(word):
        return word
    out, at = [], 0
    longest_first = sorted(rules, key=lambda rule: -len(rule[0]))
    while at < len(word):
        for latin, native in longest_first:
            if word.startswith(latin, at):
                out.append(native)
                at += len(latin)
                break
        else:
            out.append(word[at])
            at += 1
    return "".join(out)


# --- making samples -------------------------------------------------------------------------------------------------

_SPELLINGS: dict[str, dict[str, tuple[str, ...]]] = {
    "hy": {
        "և": ("ev", "yev", "u"), "ու": ("u", "u", "ou"), "խ": ("x", "kh"), "ղ": ("gh", "x", "q"), "ք": ("q", "k", "kh"),
        "շ": ("sh", "sh", "w", "ş"), "չ": ("ch", "4", "c"), "ճ": ("ch", "j", "tch"), "ջ": ("j", "dj"),
        "ժ": ("zh", "j", "jh"), "ը": ("y", "@", "e", ""), "ց": ("c", "ts"), "ծ": ("c", "ts", "tz"), "ձ": ("dz", "z"),
        "թ": ("t", "th"), "փ": ("p", "ph"), "ռ": ("r", "rr"), "ե": ("e", "e", "ye"), "է": ("e",), "յ": ("y", "j", "i"),
        "օ": ("o",), "ո": ("o", "vo", "o"), "վ": ("v", "v", "w"), "ա": ("a",), "բ": ("b",), "գ": ("g",), "դ": ("d",),
        "զ": ("z",), "ի": ("i",), "լ": ("l",), "կ": ("k",), "հ": ("h",), "մ": ("m",), "ն": ("n",), "պ": ("p",),
        "ս": ("s",), "տ": ("t",), "ր": ("r",), "ֆ": ("f",), "ւ": ("v",),
    },
    "ru": {
        "ж": ("zh", "zh", "j"), "х": ("h", "kh", "x"), "ц": ("ts", "c"), "ч": ("ch", "4"), "ш": ("sh", "w"),
        "щ": ("sch", "sh", "shch"), "ы": ("y", "i"), "й": ("y", "j", "i"), "ю": ("yu", "ju", "u"),
        "я": ("ya", "ja", "ia"), "ё": ("e", "yo"), "е": ("e", "e", "ye"), "ь": ("", "'", ""), "ъ": ("",), "э": ("e",),
        "а": ("a",), "б": ("b",), "в": ("v", "v", "w"), "г": ("g",), "д": ("d",), "з": ("z",), "и": ("i",),
        "к": ("k",), "л": ("l",), "м": ("m",), "н": ("n",), "о": ("o",), "п": ("p",), "р": ("r",), "с": ("s",),
        "т": ("t",), "у": ("u",), "ф": ("f",),
    },
}  # fmt: skip
_SPELLINGS["uk"] = {
    **_SPELLINGS["ru"],
    "г": ("h", "g"), "ґ": ("g",), "і": ("i",), "ї": ("yi", "i", "ji"), "є": ("ye", "ie", "je"), "и": ("y", "y", "i"),
    "х": ("kh", "h", "x"), "'": ("",), "’": ("",),
}  # fmt: skip


def romanise(text: str, language: str, chooser: random.Random) -> str:
    """Spell a text in Latin letters as one writer would: habits drawn once, broken now and then.

    Args:
        text: lower-case, in the language's own script.
        language: hy, ru or uk.
        chooser: where chance comes from.
    """
    spellings = _SPELLINGS[language]
    habits = {letter: chooser.choice(ways) for letter, ways in spellings.items()}
    if language == "hy":
        text = text.replace("եւ", "և")
    out, at = [], 0
    while at < len(text):
        pair = text[at : at + 2]
        letter = pair if pair in spellings and len(pair) == 2 else text[at]
        if letter in spellings:
            way = chooser.choice(spellings[letter]) if chooser.random() < 0.1 else habits[letter]
            if language == "hy" and letter == "ո" and way == "vo" and at and text[at - 1] != " ":
                way = "o"
            out.append(way)
        else:
            out.append(letter)
        at += len(letter)
    return "".join(out)


# --- keyboards ------------------------------------------------------------------------------------------------------

_QWERTY = "qwertyuiop[]asdfghjkl;'zxcvbnm,.`"
_JCUKEN = "йцукенгшщзхъфывапролджэячсмитьбюё"
_JCUKEN_UK = "йцукенгшщзхїфівапролджєячсмитьбю'"
TO_RUSSIAN_KEYS = str.maketrans(_QWERTY, _JCUKEN)
TO_UKRAINIAN_KEYS = str.maketrans(_QWERTY, _JCUKEN_UK)
TO_ENGLISH_KEYS = str.maketrans(_JCUKEN, _QWERTY)
UKRAINIAN_TO_ENGLISH_KEYS = str.maketrans(_JCUKEN_UK, _QWERTY)

# --- look-alikes ----------------------------------------------------------------------------------------------------

_LATIN_AS_CYRILLIC = str.maketrans("aceopxykmtbhiACEOPXKMTBHI", "асеорхукмтвніАСЕОРХКМТВНІ")
_CYRILLIC_AS_LATIN = str.maketrans("асеорхуіјѕԁԛԝАСЕОРХУІЈЅКМТВН", "aceopxyijsdqwACEOPXYIJSKMTBH")
_LATIN_AS_ARMENIAN = str.maketrans("ouhngqpszO", "օսհոցգրտշՕ")
_LATIN = re.compile(r"[a-z]", re.IGNORECASE)
_CYRILLIC = re.compile(r"[\u0400-\u052f]")
_ARMENIAN = re.compile(r"[\u0531-\u0587]")
_WORD = re.compile(r"[\w'’]+")


def mend_look_alikes(text: str) -> str:
    """Bring words that mix Latin with Cyrillic or Armenian letters into the script that most of their letters have."""

    def mend(found: re.Match[str]) -> str:
        word = found.group()
        latin, cyrillic, armenian = (len(script.findall(word)) for script in (_LATIN, _CYRILLIC, _ARMENIAN))
        if latin and cyrillic:
            if cyrillic >= latin:
                return word.translate(_LATIN_AS_CYRILLIC)
            return word.translate(_CYRILLIC_AS_LATIN)
        if latin and armenian > latin:
            return word.translate(_LATIN_AS_ARMENIAN)
        return word

    return _WORD.sub(mend, text) if _LATIN.search(text) else text


# --- one plain spelling, to compare with what was typed -------------------------------------------------------------


@lru_cache(maxsize=20000)
def plain_latin(word: str, language: str) -> str:
    """Spell a lower-case native word in Latin letters the commonest way."""
    if language in ROMANISED:
        if language == "hy":
            word = word.replace("եւ", "և").replace("ու", "u")
        spellings = _SPELLINGS[language]
        return "".join(spellings.get(letter, (letter,))[0] for letter in word)
    return "".join(NATIVE[language].get(letter, letter) for letter in word) if language in NATIVE else word
