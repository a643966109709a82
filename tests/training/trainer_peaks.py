"""Runs two steps of one of TRL's trainers on a small random model on the processor, and prints the bytes of all tensors
that live at once at most in the second, as torch's dispatcher sees them come and go.

python trainer_peaks.py FOLDER METHOD TUNING [key=value …]

The tile of logits is made small first: on a processor TRL folds it with a dozen copies that a GPU's kernel needs not.
"""

from __future__ import annotations

import os
import random
import sys
import weakref
from typing import Any

os.environ |= {"HF_HUB_OFFLINE": "1", "TRANSFORMERS_VERBOSITY": "error", "CUDA_VISIBLE_DEVICES": ""}

import torch
import trl
import trl.kernels.chunked_logprob as chunked
from datasets import Dataset
from peft import LoraConfig
from tokenizers import Tokenizer, models, pre_tokenizers
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_flatten
from transformers import PreTrainedTokenizerFast, Qwen2Config, Qwen2ForCausalLM, TrainerCallback

TILE_TOKENS = 8
LENGTH, BATCH, WORDS = 128, 2, 1000


class Living(TorchDispatchMode):
    """Counts the bytes of every storage from its first tensor to its last."""

    def __init__(self) -> None:
        super().__init__()
        self.sizes: dict[int, int] = {}
        self.now = self.peak = 0

    def note(self, tensor: torch.Tensor) -> None:
        storage = tensor.untyped_storage()
        key = storage._cdata
        if key not in self.sizes:
            self.sizes[key] = storage.nbytes()
            self.now += storage.nbytes()
            self.peak = max(self.peak, self.now)
            weakref.finalize(storage, self.forget, key)

    def forget(self, key: int) -> None:
        self.now -= self.sizes.pop(key, 0)

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        out = func(*args, **(kwargs or {}))
        for leaf in tree_flatten(out)[0]:
            if isinstance(leaf, torch.Tensor):
                self.note(leaf)
        return out


class SecondStep(TrainerCallback):
    """Forgets the peak of the first step, which makes the optimizer's states."""

    def __init__(self, living: Living) -> None:
        self.living = living

    def on_step_end(self, args: Any, state: Any, control: Any, **rest: Any) -> None:
        if state.global_step == 1:
            self.living.peak = self.living.now


def in_tiles(total: torch.Tensor, left: torch.Tensor, right: torch.Tensor) -> None:
    for start in range(0, total.shape[0], 4096):
        total[start : start + 4096].add_(left[start : start + 4096] @ right)


def words(count: int) -> str:
    return " ".join(f"w{random.randrange(WORDS)}" for _ in range(count))


def rows(method: str) -> list[dict[str, Any]]:
    half, over = LENGTH // 2, LENGTH // 2 + 20
    if method == "reward":
        over = half - 3  # longer rows are left out
    many = range(BATCH * 3 + 2)
    if method == "sft":
        return [{"text": words(LENGTH + 50)} for _ in many]
    if method == "kto":
        return [{"prompt": words(half), "completion": words(over), "label": n % 2 == 0} for n in many]
    return [{"prompt": words(half), "chosen": words(over), "rejected": words(over)} for _ in many]


def main(folder: str, method: str, tuning: str, *options: str) -> None:
    random.seed(0)
    told = dict(option.split("=", 1) for option in options)
    chunked.TOKEN_CHUNK_SIZE = TILE_TOKENS
    chunked._addmm_fp32 = in_tiles
    vocabulary = int(told.get("vocabulary", "32000"))
    config = Qwen2Config(
        vocab_size=vocabulary,
        hidden_size=512,
        intermediate_size=1408,
        num_hidden_layers=6,
        num_attention_heads=8,
        num_key_value_heads=2,
        tie_word_embeddings=False,
        pad_token_id=0,
        eos_token_id=1,
        bos_token_id=None,
    )
    Qwen2ForCausalLM(config).to(torch.bfloat16).save_pretrained(folder)
    known = {"<p>": 0, "<e>": 1} | {f"w{n}": n + 2 for n in range(WORDS)}
    splitter = Tokenizer(models.WordLevel(known, unk_token="<p>"))
    splitter.pre_tokenizer = pre_tokenizers.WhitespaceSplit()
    tokenizer = PreTrainedTokenizerFast(tokenizer_object=splitter, pad_token="<p>", eos_token="<e>")
    tokenizer.save_pretrained(folder)
    names = {"sft": "SFT", "dpo": "DPO", "kto": "KTO", "reward": "Reward", "orpo": "ORPO"}
    place = trl
    if method == "orpo":
        from trl.experimental import orpo as place
    arguments = getattr(place, f"{names[method]}Config")(
        output_dir=f"{folder}/out",
        per_device_train_batch_size=BATCH,
        max_length=LENGTH,
        max_steps=2,
        bf16=True,
        use_cpu=True,
        gradient_checkpointing=told.get("checkpointing", "1") == "1",
        optim="adamw_torch_fused",
        report_to="none",
        save_strategy="no",
        disable_tqdm=True,
        **({} if method == "orpo" else {"model_init_kwargs": {"dtype": torch.bfloat16}}),
    )
    adapter = None
    if tuning == "lora":
        adapter = LoraConfig(
            r=16,
            lora_alpha=32,
            lora_dropout=float(told.get("dropout", "0")),
            target_modules="all-linear",
            use_dora="dora" in told,
            modules_to_save=["embed_tokens", "lm_head"] if "whole" in told else None,
            task_type="SEQ_CLS" if method == "reward" else "CAUSAL_LM",
        )
    model = Qwen2ForCausalLM.from_pretrained(folder, dtype=torch.bfloat16) if method == "orpo" else folder
    trainer = getattr(place, f"{names[method]}Trainer")(
        model=model,
        args=arguments,
        train_dataset=Dataset.from_list(rows(method)),
        processing_class=tokenizer,
        peft_config=adapter,
    )
    living = Living()
    for held in (trainer.model, getattr(trainer, "ref_model", None)):
        for tensor in () if held is None else (*held.parameters(), *held.buffers()):
            living.note(tensor.data)
    trainer.add_callback(SecondStep(living))
    with living:
        trainer.train()
    print(f"peak {living.peak}")


if __name__ == "__main__":
    main(*sys.argv[1:])
