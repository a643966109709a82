"""Questions about a text that are asked quickly are answered as the slow way answers them."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from trainpkg_widgets.data.scripts import FEWEST_LETTERS, SCRIPTS, script_of
from trainpkg_widgets.data.text_problems import MOJIBAKE, broken_characters

ALPHABETS = [
    "abcXYZ",
    "éüßñ",
    "жёЩ",
    "λΩ",
    "عربي",
    "שלום",
    "हिन्दी",
    "ไทย",
    "한국어",
    "漢字かな",
    " .,!—“’\n",
    "01\ufffd",
]
WRITTEN = st.lists(st.sampled_from(ALPHABETS).flatmap(lambda some: st.text(some, max_size=30)), max_size=8).map("".join)
BROKEN = st.text("ÃÂâïð€™©\u0080\u00bf»¿Ÿaé \n", max_size=60)


@given(WRITTEN)
def test_the_script_is_that_of_most_letters(text: str) -> None:
    counts = {script: len(letters.findall(text[:400])) for script, letters in SCRIPTS.items()}
    most = max(counts.values())
    expected = next(script for script, count in counts.items() if count == most) if most >= FEWEST_LETTERS else None
    assert script_of(text) == expected


@given(BROKEN)
def test_the_first_broken_characters_are_found(text: str) -> None:
    found = MOJIBAKE.search(text)
    assert broken_characters(text) == (found.group() if found else None)
