"""Token statistics beside the raw tokenizer: `python -m tests.bench.tokens`.

Both count the same conversations, with the same threads. Ours also prepares each row, prints it by the chat template
and sends it to the process that does so; the raw speed is `tokenizers.Tokenizer.encode_batch` on texts that are printed
already.
"""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import median
from typing import Any

from tests.unit.model_folders import write_model
from trainpkg_widgets.session import Session

ROWS = 5_000
ROUNDS = 3
LEAST = 0.8
WORDS = tuple(
    f"{first}{last}" for first in ("or", "in", "ship", "plea", "refu", "acc") for last in ("der", "ed", "s", "t")
)

_RAW = """
import json, sys, time
from transformers import AutoTokenizer
tokenizer = AutoTokenizer.from_pretrained(sys.argv[1])
rows = json.load(open(sys.argv[2]))
texts = [tokenizer.apply_chat_template(row["messages"], tokenize=False) for row in rows]
backend = tokenizer.backend_tokenizer
backend.encode_batch(texts[:1000], add_special_tokens=False)
started = time.perf_counter()
tokens = 0
for start in range(0, len(texts), 512):
    tokens += sum(len(one.ids) for one in backend.encode_batch(texts[start:start + 512], add_special_tokens=False))
print(json.dumps([tokens, time.perf_counter() - started]))
"""

_TRAIN = """
import json, sys
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
bpe = Tokenizer(models.BPE())
bpe.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
bpe.decoder = decoders.ByteLevel()
rows = json.load(open(sys.argv[2]))
said = (turn["content"] for row in rows[:5000] for turn in row["messages"])
special = ["<|endoftext|>", "<|im_start|>", "<|im_end|>"]
alphabet = pre_tokenizers.ByteLevel.alphabet()
bpe.train_from_iterator(said, trainers.BpeTrainer(vocab_size=8000, special_tokens=special, initial_alphabet=alphabet,
                                                  show_progress=False))
bpe.save(sys.argv[1] + "/tokenizer.json")
"""


def conversations(count: int) -> list[dict[str, Any]]:
    dice = random.Random(0)

    def said(least: int, most: int) -> str:
        return " ".join(
            dice.choice(WORDS) + str(dice.randrange(10)) * dice.randrange(2) for _ in range(dice.randint(least, most))
        )

    return [
        {
            "messages": [
                {"role": "user" if n % 2 == 0 else "assistant", "content": said(10, 160)}
                for n in range(2 * dice.randint(1, 3))
            ]
        }
        for _ in range(count)
    ]


def main() -> None:
    python = os.environ.get("TRANSFORMERS_PYTHON", sys.executable)
    rows = conversations(ROWS)
    with tempfile.TemporaryDirectory() as place:
        from tests.tiny_tokenizer import write_tokenizer

        model, file = write_model(Path(place) / "model", model_type="qwen2"), Path(place) / "rows.json"
        write_tokenizer(model)
        file.write_text(json.dumps(rows))
        subprocess.run([python, "-c", _TRAIN, str(model), str(file)], check=True)
        shares = []
        for _ in range(ROUNDS):
            done = subprocess.run(
                [python, "-c", _RAW, str(model), str(file)], check=True, capture_output=True, text=True
            )
            tokens, seconds = json.loads(done.stdout)
            session = Session({"dataset": {"tokenizer": {"python": python}}}, autosave=False, token=False)
            session.select_model(str(model))
            session.configure(train_on="everything")
            session.use_dataset(rows)
            session.count_tokens()
            started = time.perf_counter()
            lengths = session.count_tokens(exact=True)
            ours = time.perf_counter() - started
            assert lengths is not None and lengths.exact, session.tokenizing.problem(session.state)
            counted = sum(size * count for size, count in lengths.counts)
            assert counted == tokens, f"{counted} tokens, and the raw tokenizer counts {tokens}"
            session.close()
            shares.append(seconds / ours)
            print(f"raw {tokens / seconds / 1e6:.2f} M tokens/s, ours {tokens / ours / 1e6:.2f} M: {shares[-1]:.2f}")
    print(f"token statistics: {median(shares):.2f} of the raw tokenizer's batch speed (at least {LEAST})")


if __name__ == "__main__":
    main()
