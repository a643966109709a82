"""Writes docs/targets.md: what each trainer is written for, what every field becomes there, and what is proven of it.

python -m tools.targets_page > docs/targets.md
"""

from __future__ import annotations

from trainpkg_widgets.advice.target_offers import METHOD_NAMES, OFFERS, TRAINER_NAMES
from trainpkg_widgets.package.targets.proven import TUNING_NAMES, proven
from trainpkg_widgets.settings import load_settings

PROVEN = {
    "trl": (
        "TRL's own parser takes every config that the tests write, with unknown keys an error, and a package of each "
        "method trains a tiny model on the CPU for a few steps, in the environment of its own requirements.txt."
    ),
    "axolotl": (
        "Axolotl's own validation takes every config, and keeps every key of it (it drops those it does not know "
        "without a word), and `axolotl train` trains a tiny model on the CPU, in the environment of its own "
        "requirements.txt. QLoRA is trained without held-back rows there: bitsandbytes packs the weights for a "
        "processor when they are first evaluated, and they learn nothing through that."
    ),
    "llamafactory": (
        "LLaMA-Factory's `get_train_args` takes every config, every value has the type its arguments declare (it takes "
        "some wrong ones), and a package of each method trains a tiny model on the CPU: with the packages of its "
        "requirements.txt but torch, which is the one for processors, and with torchaudio's compiled parts, which are "
        "for CUDA, left out."
    ),
    "unsloth": (
        "The script compiles, every argument is one of the functions of that version, and the TRL of that version "
        "takes the rest. It was never run: Unsloth starts on a GPU only."
    ),
}

WAYS = {"ran": "ran on a CPU", "parsed": "parsed", "checked": "schema only"}


def page() -> str:
    """The text of the page."""
    settings = load_settings()
    targets, knobs = settings.deploy.targets, settings.config.knobs
    lines = [
        "# Trainers a package can be written for",
        "",
        "Written by `python -m tools.targets_page` from the settings and the code that writes the packages.",
        "",
        "| target | version | methods | proven |",
        "|---|---|---|---|",
    ]
    for name, target in targets.items():
        methods = OFFERS[name].methods if name in OFFERS else METHOD_NAMES
        words = ", ".join(METHOD_NAMES[method] for method in methods)
        lines.append(f"| {target.label} | {target.version} | {words} | {PROVEN[name]} |")
    lines += [
        "",
        "## Methods and tunings, as they were last tried",
        "",
        "Each cell is from a test that passed (`make prove`). *Ran on a CPU*: a tiny model was trained from a package,",
        "its loss fell, and it was saved. *Schema only*: held against the trainer's own names and functions. A dash: a",
        "package for that is not offered.",
        "",
        "| method | tuning | " + " | ".join(target.label for target in targets.values()) + " |",
        "|---" * (len(targets) + 2) + "|",
    ]
    seen = {name: proven(name, target.version) for name, target in targets.items()}
    for method, words in METHOD_NAMES.items():
        for tuning, called in TUNING_NAMES.items():
            cells = [
                WAYS.get(seen[name].get(method, {}).get(tuning, ""), "not tried")
                if method in (OFFERS[name].methods if name in OFFERS else METHOD_NAMES)
                else "—"
                for name in targets
            ]
            lines.append(f"| {words} | {called} | " + " | ".join(cells) + " |")
    lines += [
        "",
        "A choice that a trainer can't be told is a finding before anything is written. Each package has an",
        "environment of its own: the trainers live on different versions of transformers.",
        "",
        "## What every field becomes",
        "",
        "Empty: the trainer has no word for it, and a value other than the usual one is a finding.",
        "",
        "| field | " + " | ".join(TRAINER_NAMES[name] for name in targets) + " |",
        "|---" * (len(targets) + 1) + "|",
    ]
    for name, knob in knobs.items():
        said = []
        for target in targets:
            left_out = target in OFFERS and name in OFFERS[target].left_out
            words = "" if left_out else knob.trainer_names.get(target, "")
            said.append(", ".join(f"`{word}`" for word in words.split(", ") if word))
        lines.append(f"| {name} | " + " | ".join(said) + " |")
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    print(page(), end="")
