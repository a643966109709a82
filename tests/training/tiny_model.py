"""Makes a tiny random model with a tokenizer and a chat template, in the environment of a package.

python tiny_model.py FOLDER [llama|qwen2|unmarked|bare|untied]
"""

from __future__ import annotations

import re
import sys

import torch
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
from transformers import LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast, Qwen2Config, Qwen2ForCausalLM

TEMPLATE = (
    "{% for message in messages %}<|start|>{{ message.role }}\n"
    "{% if message.role == 'assistant' %}{% generation %}{{ message.content }}<|stop|>{% endgeneration %}"
    "{% else %}{{ message.content }}<|stop|>{% endif %}\n"
    "{% endfor %}{% if add_generation_prompt %}<|start|>assistant\n{% endif %}"
)
FAMILIES = {
    "llama": (LlamaConfig, LlamaForCausalLM, TEMPLATE),
    "qwen2": (Qwen2Config, Qwen2ForCausalLM, TEMPLATE),
    "unmarked": (Qwen2Config, Qwen2ForCausalLM, re.sub("{% (end)?generation %}", "", TEMPLATE)),
    "bare": (Qwen2Config, Qwen2ForCausalLM, None),
    "untied": (Qwen2Config, Qwen2ForCausalLM, None),
}


def tokenizer(template: str | None) -> PreTrainedTokenizerFast:
    bpe = Tokenizer(models.BPE())
    bpe.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    bpe.decoder = decoders.ByteLevel()
    bpe.train_from_iterator(
        [f"What is {n} plus {n}? The answer is {2 * n}." for n in range(50)],
        trainers.BpeTrainer(
            vocab_size=512,
            special_tokens=["<|pad|>", "<|start|>", "<|stop|>"],
            initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
            show_progress=False,
        ),
    )
    made = PreTrainedTokenizerFast(
        tokenizer_object=bpe, eos_token="<|stop|>", pad_token="<|pad|>", model_max_length=512
    )
    made.chat_template = template
    return made


def main(folder: str, family: str) -> None:
    torch.manual_seed(0)
    config_class, model_class, template = FAMILIES[family]
    words = tokenizer(template)
    config = config_class(
        vocab_size=len(words),
        hidden_size=128,
        intermediate_size=256,
        num_hidden_layers=3,
        num_attention_heads=4,
        num_key_value_heads=2,
        max_position_embeddings=512,
        tie_word_embeddings=family != "untied",
        eos_token_id=words.eos_token_id,
        pad_token_id=words.pad_token_id,
        bos_token_id=None,
    )
    model = model_class(config)
    model.save_pretrained(folder)
    words.save_pretrained(folder)
    print(sum(weight.numel() for weight in model.parameters()), "parameters")


if __name__ == "__main__":
    main(*sys.argv[1:])
