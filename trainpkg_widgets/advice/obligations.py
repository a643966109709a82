"""What a licence asks of those who share what was trained under it: the common ones, each in a sentence or two."""

from __future__ import annotations

import re

_OWN = "It is its maker's own licence: read its conditions on use and naming."
# Pattern of the Hub's identifier → what it asks. A summary, and no legal advice: the licence's own text decides.
_ASKS: tuple[tuple[str, tuple[str, ...]], ...] = (
    (r"apache-2\.0|ecl-2\.0", ("Keep the licence text and any NOTICE with what you share.", "Say what you changed.")),
    (r"mit|isc|bsd.*|zlib|ncsa|postgresql|modified-mit", ("Keep the copyright notice and the licence text with it.",)),
    (
        r"llama[234].*",
        (
            "Begin the name of what you share with “Llama”, and show “Built with Llama”.",
            "Give the licence and its notice along, and keep to the acceptable use policy.",
            "More than 700 million monthly users need a licence of Meta's.",
        ),
    ),
    (r"gemma", ("Pass Google's Gemma terms and their forbidden uses on.", "Say that you changed it.")),
    (r"cc0-1\.0|unlicense|wtfpl|pddl", ("Nothing is asked; naming the source is good practice.",)),
    (r"cc-by-sa-.*|cdla-sharing-1\.0|odbl", ("Name the source.", "The same licence for what you make of it.")),
    (r"cc-by-nc-nd-.*", ("Name the source.", "No commercial use.", "No changed copies: training on it may be one.")),
    (r"cc-by-nc-sa-.*", ("Name the source.", "No commercial use.", "The same licence for what you make of it.")),
    (r"cc-by-nc-.*", ("Name the source.", "No commercial use, and that passes on to what is trained.")),
    (r"cc-by-nd-.*", ("Name the source.", "No changed copies: training on it may be one.")),
    (r"cc-by-.*|odc-by|etalab-2\.0", ("Name the source, link its licence, and say what you changed.",)),
    (r".*(openrail|rail).*", ("Pass its forbidden uses on, in your own terms too.",)),
    (r"(a|l)?gpl.*|eupl.*|mpl-2\.0|epl.*|osl-3\.0", ("Share changed copies under the same licence, with source.",)),
    (r".*research.*|mrl|mnpl|.*-nc|.*noncommercial.*|exaone|apple-amlr", ("Research only: no commercial use.",)),
    (r"qwen|tongyi-qianwen|deepseek.*|nvidia.*|falcon.*|tii.*", (_OWN,)),
)  # fmt: skip


def obligations_of(licence: str | None) -> tuple[str, ...]:
    """What a licence asks, by the Hub's identifier; a sentence to read it where it is not among these or not known."""
    if not licence:
        return ("The licence is not known: find out before you share what you train, its terms may pass on.",)
    named = licence.strip().lower()
    for pattern, asks in _ASKS:
        if re.fullmatch(pattern, named):
            return asks
    return (f"Read “{licence}” before you share what you train: its terms may pass on.",)
