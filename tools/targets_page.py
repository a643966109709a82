"""Writes docs/targets.md: what each trainer is written for, what every field becomes there, and what is proven of it.

python -m tools.targets_page > docs/targets.md
"""

from __future__ import annotations

from trainpkg_widgets.advice.target_offers import METHOD_NAMES, OFFERS, TRAINER_NAMES
from trainpkg_widgets.settings import load_settings

PROVEN = {
    "trl": (
        "TRL's own parser takes every config that the tests write, with unknown keys an error, and a package of each "
        "method trains a tiny model on the CPU for a few steps, in the environment of its own requirements.txt."
    ),
    "axolotl": (
        "Axolotl's own validation takes every config, every key is one its schema knows (it drops others without a "
        "word), and packages for supervised fine-tuning, text and DPO train a tiny model on the CPU."
    ),
    "llamafactory": (
        "LLaMA-Factory's `get_train_args` takes every config, and every value has the type its arguments declare (it "
        "takes some wrong ones). No run was made: it imports torchaudio, which has no build for the CPU torch in use."
    ),
    "unsloth": (
        "The script compiles, and every argument is one of the functions of that version. It was never run: Unsloth "
        "starts on a GPU only."
    ),
}


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
