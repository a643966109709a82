"""Makes a tokenizer for a chat template: its own special tokens, a small vocabulary, the template as it is.

python template_tokenizers.py FOLDER < {"name": {"template": "…", "kind": "bytes" | "words"}, …}
"""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path

from tokenizers import Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, processors, trainers
from transformers import PreTrainedTokenizerFast

_SPECIAL = re.compile(r"<[|｜][^<>|｜\n]{1,40}[|｜]>|</?[a-zA-Z_]{1,20}>|\[/?[A-Z_]{2,20}\]|<[a-z]+_of_[a-z]+>")
_ENDS = ("<|im_end|>", "<|eot_id|>", "<|end|>", "<end_of_turn>", "<|end_of_text|>", "<｜end▁of▁sentence｜>", "</s>")
_SAID = [
    f"What is {n} plus {n}? The answer is {2 * n}, of course. Größe, naïve, 你好 😀 user assistant" for n in range(60)
]


def tokenizer(template: str, kind: str) -> PreTrainedTokenizerFast:
    found = list(dict.fromkeys([*_SPECIAL.findall(template), "<s>", "</s>", "<unk>"]))
    end = next(token for token in _ENDS if token in found)
    if kind == "bytes":
        made = Tokenizer(models.BPE())
        made.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
        made.decoder = decoders.ByteLevel()
        alphabet = pre_tokenizers.ByteLevel.alphabet()
    else:
        # As Llama 2 and Gemma have it: spaces become "▁", what is not known becomes bytes, and a text begins with <s>.
        made = Tokenizer(models.BPE(unk_token="<unk>", byte_fallback=True))
        made.normalizer = normalizers.Replace(Regex(" "), "▁")
        made.decoder = decoders.Sequence([decoders.Replace("▁", " "), decoders.ByteFallback(), decoders.Fuse()])
        alphabet = []
        found += [f"<0x{n:02X}>" for n in range(256)]
    trainer = trainers.BpeTrainer(vocab_size=1000, special_tokens=found, initial_alphabet=alphabet, show_progress=False)
    made.train_from_iterator(_SAID, trainer)
    if kind == "words":
        made.post_processor = processors.TemplateProcessing(
            single="<s> $A", pair="<s> $A $B", special_tokens=[("<s>", made.token_to_id("<s>"))]
        )
    ready = PreTrainedTokenizerFast(tokenizer_object=made, bos_token="<s>", eos_token=end, unk_token="<unk>")
    ready.chat_template = template
    return ready


if __name__ == "__main__":
    for name, wanted in json.load(sys.stdin).items():
        tokenizer(wanted["template"], wanted["kind"]).save_pretrained(Path(sys.argv[1]) / name)
