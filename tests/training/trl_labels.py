"""What TRL itself makes of rows, one after the other: its token ids and labels, or that it drops or refuses the row.

python trl_labels.py < {"cases": [{"folder": "…", "method": "sft", "row": {…}, "options": {…}}, …]}
"""

from __future__ import annotations

import json
import sys
from types import SimpleNamespace
from typing import Any

import datasets
from transformers import AutoTokenizer
from trl import DPOConfig, DPOTrainer, KTOConfig, KTOTrainer, RewardConfig, RewardTrainer, SFTConfig, SFTTrainer
from trl.chat_template_utils import get_training_chat_template, has_generation_markers

_TRAINERS = {
    "sft": (SFTTrainer, SFTConfig),
    "dpo": (DPOTrainer, DPOConfig),
    "kto": (KTOTrainer, KTOConfig),
    "reward": (RewardTrainer, RewardConfig),
}


def told(tokenizer: Any, method: str, row: dict[str, Any], options: dict[str, Any]) -> Any:
    trainer, config = _TRAINERS[method]
    args = config(output_dir="unused", report_to="none", use_cpu=True, bf16=False, **options)
    self = SimpleNamespace(_tokenizer=tokenizer, chat_template=None, completion_only_loss=None, calculate_KL=False)
    rows = datasets.Dataset.from_list([row])
    if method == "sft":
        # As SFTTrainer.__init__ sets both.
        self.completion_only_loss = args.completion_only_loss
        if self.completion_only_loss is None:
            self.completion_only_loss = "prompt" in row and "completion" in row
        if args.assistant_only_loss and not has_generation_markers(tokenizer.chat_template):
            self.chat_template = get_training_chat_template(tokenizer)
        made = trainer._prepare_dataset(self, rows, tokenizer, args, args.packing, None, "train")
        return [[one["input_ids"], one["labels"]] for one in made]
    made = trainer._prepare_dataset(self, rows, tokenizer, args, "train")
    if method == "reward":
        return [[one[side], None] for one in made for side in ("chosen_ids", "rejected_ids")]
    sides = ("chosen_ids", "rejected_ids") if method == "dpo" else ("completion_ids",)
    cut = slice(None, args.max_length)
    return [
        [(one["prompt_ids"] + one[side])[cut], ([-100] * len(one["prompt_ids"]) + one[side])[cut]]
        for one in made
        for side in sides
    ]


def printed(tokenizer: Any, row: dict[str, Any], options: dict[str, Any]) -> str | None:
    """A conversation as transformers prints it; None for what is no conversation."""
    turns = row.get("messages") or (row["prompt"] + row.get("completion", row.get("chosen")) if "prompt" in row else "")
    if not isinstance(turns, list):
        return None
    template = None
    if options.get("assistant_only_loss") and not has_generation_markers(tokenizer.chat_template):
        template = get_training_chat_template(tokenizer)
    tools = json.loads(row["tools"]) if "tools" in row else None
    return str(tokenizer.apply_chat_template(turns, tools=tools, tokenize=False, chat_template=template))


def main() -> None:
    datasets.disable_progress_bars()
    tokenizers: dict[str, Any] = {}
    answers = sys.stdout
    sys.stdout = sys.stderr
    for case in json.load(sys.stdin)["cases"]:
        folder = case["folder"]
        tokenizers[folder] = tokenizers.get(folder) or AutoTokenizer.from_pretrained(folder)
        try:
            found: Any = {
                "rows": told(tokenizers[folder], case["method"], case["row"], case["options"]),
                "text": printed(tokenizers[folder], case["row"], case["options"]),
            }
        except Exception as error:
            found = f"{type(error).__name__}: {error}"[:300]
        answers.write(json.dumps(found) + "\n")
        answers.flush()


if __name__ == "__main__":
    main()
