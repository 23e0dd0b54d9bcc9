"""Readability formulas: known values, every language of the assistant, nothing that breaks on odd texts."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.editing.checks import readability
from bot.editing.checks.readability import Counts

EASY = {
    "en": "You can get help. Come to us. We will see you. Bring your card. It is free. We are open on Monday. You "
    "can also call us. Do ask us.",
    "ru": "Вы можете получить помощь. Придите к нам. Мы вас ждём. Возьмите паспорт. Это даром. Мы тут днём. Вы "
    "можете и звонить нам. Мы все дома. Мы вам рады. Это всё.",
    "hy": "Դուք կարող եք գալ։ Մենք այստեղ ենք։ Բերեք թուղթը։ Դա անվճար է։ Զանգեք մեզ։ Մենք կօգնենք։ Դուք լավ եք։ "
    "Մենք բաց ենք օրը։ Եկեք հիմա մեզ մոտ։ Լավ է։ Դա լավ է։",
    "uk": "Ви можете прийти до нас. Ми вас чекаємо. Візьміть паспорт. Це даром. Ми тут вдень. Ви можете і дзвонити. "
    "Ми всі вдома. Ми вам радо поможемо. Усе буде добре. Ось і все.",
    "lv": "Jūs varat nākt pie mums. Mēs jūs gaidām. Ņemiet pasi. Tas ir par brīvu. Mēs esam te dienā. Jūs varat arī "
    "zvanīt. Viss būs labi. Mēs jums palīdzam. Nāciet tagad.",
    "az": "Siz bizə gələ bilərsiz. Biz sizi gözləyirik. Pasport alın. Bu pulsuz. Biz günorta burda. Siz zəng edə "
    "bilərsiz. Hər şey yaxşı olar. Biz kömək edək. İndi gəlin. Gün var. Hər gün gəlin.",
}
HARD = {
    "en": "Notwithstanding administrative considerations regarding documentation, individuals experiencing "
    "involuntary displacement necessarily demonstrate eligibility substantiating humanitarian circumstances "
    "through authenticated certification issued internationally by competent governmental authorities "
    "previously responsible for registration proceedings abroad.",
    "ru": "Государственная регистрация осуществляется уполномоченными территориальными подразделениями исключительно "
    "при предоставлении надлежащим образом удостоверенных документов, подтверждающих обстоятельства "
    "вынужденного перемещения, законность пребывания, наличие соответствующих оснований, отсутствие "
    "административных правонарушений, своевременность обращения, правомерность требований заявителя, "
    "представителя несовершеннолетнего.",
    "hy": "Պետական գրանցումն իրականացվում է լիազորված տարածքային ստորաբաժանումների կողմից բացառապես սահմանված կարգով "
    "վավերացված փաստաթղթերի ներկայացման դեպքում, որոնք հաստատում են հարկադիր տեղահանման հանգամանքները, "
    "բնակության օրինականությունը, համապատասխան հիմքերի առկայությունը, վարչական իրավախախտումների "
    "բացակայությունը, դիմումի ժամանակին ներկայացումը։",
    "uk": "Державна реєстрація здійснюється уповноваженими територіальними підрозділами виключно після надання "
    "належним чином засвідчених документів, що підтверджують обставини вимушеного переміщення, законність "
    "перебування, наявність відповідних підстав, відсутність адміністративних правопорушень, своєчасність "
    "звернення, правомірність вимог заявника, представника.",
    "lv": "Valsts reģistrāciju veic pilnvarotas teritoriālās struktūrvienības vienīgi pēc pienācīgi apliecinātu "
    "dokumentu iesniegšanas, kuri apstiprina piespiedu pārvietošanas apstākļus, uzturēšanās likumību, "
    "atbilstošu pamatojumu esamību, administratīvo pārkāpumu neesamību, iesnieguma savlaicīgumu, pieteicēja "
    "prasību likumību, nepilngadīgo pārstāvību.",
    "az": "Dövlət qeydiyyatı səlahiyyətli ərazi bölmələri tərəfindən müstəsna olaraq müəyyənləşdirilmiş qaydada "
    "təsdiqlənmiş sənədlərin təqdim edilməsi əsasında həyata keçirilir, bunlar məcburi köçürülmə vəziyyətini, "
    "yaşayışın qanuniliyini, müvafiq əsasların mövcudluğunu, inzibati xətaların olmamasını, müraciətin "
    "vaxtında verilməsini, nümayəndəliyi təsdiqləyir.",
}


@pytest.mark.parametrize(
    ("formula", "expected"),
    [
        # 100 words, 10 sentences, 150 syllables, 30 long words.
        (readability.flesch, 206.835 - 1.015 * 10 - 84.6 * 1.5),
        (readability.oborneva, 206.835 - 1.3 * 10 - 60.1 * 1.5),
        (readability.lix, 10 + 30),
    ],
)
def test_published_formulas(formula: object, expected: float) -> None:
    assert formula(Counts(10, 100, 150, 30)) == pytest.approx(expected)  # type: ignore[operator]


@pytest.mark.parametrize(
    ("word", "language", "syllables"),
    [
        ("migration", "en", 3),
        ("table", "en", 2),
        ("state", "en", 1),
        ("fee", "en", 1),
        ("гражданство", "ru", 3),
        ("в", "ru", 1),
    ],
)
def test_syllables(word: str, language: str, syllables: int) -> None:
    assert readability.count([word], language).syllables == syllables


@pytest.mark.parametrize("language", sorted(readability.MEASURES))
def test_easy_passes_and_officialese_does_not(language: str) -> None:
    easy, hard = readability.read([EASY[language]], language), readability.read([HARD[language]], language)
    assert easy is not None
    assert hard is not None
    assert not easy.too_hard, easy
    assert hard.too_hard, hard


def test_short_text_is_not_measured() -> None:
    assert readability.read(["Migration and Citizenship Service of the Republic."], "en") is None


def test_addresses_are_not_words() -> None:
    """The address of a page would count as one very long word."""
    assert (
        readability.sentences(["Apply on https://mcs-citizenship.am/registration. Then wait."])[0].count("citizenship")
        == 0
    )


def test_list_items_are_sentences_of_their_own() -> None:
    assert readability.count(readability.sentences(["Passport", "Two photos"]), "en").sentences == 2


@given(st.lists(st.text(max_size=300), max_size=5), st.sampled_from(["hy", "ru", "en", "lv", "az", "uk", "xx"]))
def test_any_text_can_be_measured(texts: list[str], language: str) -> None:
    reading = readability.read(texts, language)
    assert reading is None or reading.longest
