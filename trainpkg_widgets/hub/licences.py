"""What a licence identifier of the Hub lets a person do, in three classes; and the identifiers themselves."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from ..facts import Fact, unknown
from ..model_info import LicenceClass

# The identifiers are the Hub's (hub-docs, "Licenses"). Open: approved by the OSI or free by the SPDX list's own notes,
# Creative Commons without NC and ND, Linux Foundation's OpenMDW. A licence of a maker's own is never called open.
_OPEN = (
    "afl-3.0", "agpl-3.0", "apache-2.0", "artistic-2.0", "bsd", "bsd-2-clause", "bsd-3-clause",
    "bsd-3-clause-clear", "bsl-1.0", "cc0-1.0", "cc-by-2.0", "cc-by-2.5", "cc-by-3.0", "cc-by-4.0", "cc-by-sa-3.0",
    "cc-by-sa-4.0", "cdla-permissive-1.0", "cdla-permissive-2.0", "cdla-sharing-1.0", "ecl-2.0", "epl-1.0",
    "epl-2.0", "etalab-2.0", "eupl-1.1", "eupl-1.2", "gfdl", "gpl", "gpl-2.0", "gpl-3.0", "isc", "lgpl", "lgpl-2.1",
    "lgpl-3.0", "lgpl-lr", "lppl-1.3c", "mit", "mpl-2.0", "ms-pl", "mulanpsl-2.0", "ncsa", "odbl", "odc-by",
    "ofl-1.1", "openmdw-1.0", "openmdw-1.1", "osl-3.0", "pddl", "postgresql", "unlicense", "wtfpl", "zlib",
)  # fmt: skip
# Commercial use is allowed, with conditions of the maker's own: uses that are forbidden, a limit on users or revenue,
# a name to carry on, or no changed copies (ND).
_RESTRICTED = (
    "apple-ascl", "bigcode-openrail-m", "bigscience-bloom-rail-1.0", "bigscience-openrail-m", "c-uda",
    "cc-by-nd-4.0", "creativeml-openrail-m", "deepseek", "deepseek-license", "deepfloyd-if-license",
    "falcon-llm-license", "gemma", "grok2-community", "health-ai-developer-foundations", "jamba-open-model-license",
    "lfm1.0", "llama2", "llama3", "llama3.1", "llama3.2", "llama3.3", "llama4", "minimax-community", "modified-mit",
    "nvidia-nemotron-open-model-license", "nvidia-open-model-license", "openrail", "openrail++",
    "polyform-small-business-1.0.0", "qwen", "tencent-hunyuan-community", "tii-falcon-llm-license",
    "tongyi-qianwen",
)  # fmt: skip
# "Research" in these names means research only: Mistral's MRL and MNPL, Qwen's and FAIR's research licences, Apple's
# AMLR, LG's EXAONE.
_NON_COMMERCIAL = (
    "apple-amlr", "cc-by-nc-2.0", "cc-by-nc-3.0", "cc-by-nc-4.0", "cc-by-nc-nd-3.0", "cc-by-nc-nd-4.0",
    "cc-by-nc-sa-2.0", "cc-by-nc-sa-3.0", "cc-by-nc-sa-4.0", "exaone", "fair-noncommercial-research",
    "fair-noncommercial-research-license", "fish-audio-research-license", "h-research", "intel-research", "mnpl",
    "mrl", "polyform-noncommercial-1.0.0", "qwen-research", "researchrail", "tongyi-qianwen-research",
)  # fmt: skip
_SAYS_NOTHING = ("", "other", "unknown", "custom", "none")
_NON_COMMERCIAL_NAME = re.compile(r"non-?commercial|research-only|(?:^|-)nc(?:-|$)")

_CLASSES: Mapping[str, LicenceClass] = {
    **dict.fromkeys(_OPEN, "open"),
    **dict.fromkeys(_RESTRICTED, "restricted"),
    **dict.fromkeys(_NON_COMMERCIAL, "non_commercial"),
}
_STRICTEST: tuple[LicenceClass, ...] = ("non_commercial", "restricted", "open")


# Naming a generic type anew costs as much as making a fact of it.
_ClassFact = Fact[LicenceClass]


def licence_class(licence: Fact[str]) -> Fact[LicenceClass]:
    """The class of a licence, of several the strictest. Unknown where the table does not hold it: it has to be read.

    It says what the identifier means, not what the model's maker had the right to grant.
    """
    if licence.value is None:
        return unknown(licence.source)
    found: set[LicenceClass] = set()
    for one in licence.value.lower().split(","):
        name = one.strip()
        if name in _CLASSES:
            found.add(_CLASSES[name])
        elif _NON_COMMERCIAL_NAME.search(name):
            return _ClassFact(value="non_commercial", source=f"guess from the licence's name, {name}")
        else:
            return unknown(f"“{name}” is a licence of the maker's own: it has to be read")
    strictest = next(c for c in _STRICTEST if c in found)
    return _ClassFact(value=strictest, source=f"table of licences: {licence.value}")


def licence_of_card(card: Any) -> Fact[str]:
    """The licence of a model card's metadata: a string or a list; for `other` the name the card gives it."""
    if not isinstance(card, Mapping):
        return unknown("the model card was not asked for")
    given = card.get("license")
    names = [given] if isinstance(given, str) else given if isinstance(given, list) else []
    clean = [n.strip() for n in names if isinstance(n, str) and n.strip()]
    own = card.get("license_name")
    if clean == ["other"] and isinstance(own, str) and own.strip():
        return Fact(value=own.strip(), source="license_name in the model card")
    return named_licence(", ".join(clean), "model card")


def named_licence(name: str | None, source: str) -> Fact[str]:
    """A licence identifier as a fact; unknown where the word says nothing, such as `other`."""
    if not name or name.lower() in _SAYS_NOTHING:
        said = f"{source} says “{name}”" if name else f"{source} names none"
        return unknown(said)
    return Fact(value=name, source=f"{source}, as the uploader claims")
