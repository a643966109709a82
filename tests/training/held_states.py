"""Counts the bytes of what a run holds whatever its batch, on the processor: shares of FSDP, or weights in few bits.

python held_states.py fsdp             two processes: {"weights", "gradients", "optimizer", "gathered"} of the first
python held_states.py quantised BITS   {"weights"} of the model as bitsandbytes loads it, in 4 or 8 bits
"""

from __future__ import annotations

import gc
import json
import os
import sys
import tempfile
from collections.abc import Iterable, Iterator

os.environ |= {"HF_HUB_OFFLINE": "1", "TRANSFORMERS_VERBOSITY": "error", "CUDA_VISIBLE_DEVICES": ""}

import torch
import torch.distributed as dist
import torch.multiprocessing as mp
from torch.distributed.fsdp import MixedPrecisionPolicy, fully_shard
from torch.distributed.tensor import DTensor
from transformers import BitsAndBytesConfig, Qwen2Config, Qwen2ForCausalLM

SMALL = Qwen2Config(
    vocab_size=32000,
    hidden_size=512,
    intermediate_size=1408,
    num_hidden_layers=6,
    num_attention_heads=8,
    num_key_value_heads=2,
    tie_word_embeddings=False,
)
# So few that what they leave behind is next to nothing beside the weights.
TOKENS = 4


def size(tensors: Iterable[torch.Tensor]) -> int:
    """The bytes that this process holds of them."""
    local = [t.to_local() if isinstance(t, DTensor) else t for t in tensors]
    # Several may be views of one piece of memory.
    return sum({t.untyped_storage().data_ptr(): t.untyped_storage().nbytes() for t in local}.values())


def halves() -> Iterator[torch.Tensor]:
    """Every tensor in bfloat16 that lives: what was gathered, for the shares are in float32."""
    for thing in gc.get_objects():
        if issubclass(type(thing), torch.Tensor) and thing.dtype == torch.bfloat16:
            yield thing


def fsdp(rank: int, store: str) -> None:
    """As accelerate 1.15 prepares a model for FSDP 2: float32 weights, gathered in bfloat16, layer by layer."""
    torch.set_num_threads(1)
    dist.init_process_group("gloo", f"file://{store}", world_size=2, rank=rank)
    model = Qwen2ForCausalLM(SMALL).float()
    policy = MixedPrecisionPolicy(param_dtype=torch.bfloat16, reduce_dtype=torch.bfloat16)
    for layer in model.model.layers:
        fully_shard(layer, mp_policy=policy)
    fully_shard(model, mp_policy=policy)
    optimizer = torch.optim.AdamW(model.parameters(), fused=True)
    words = torch.zeros(1, TOKENS, dtype=torch.long)
    gathered: list[int] = []
    for step in range(2):
        held = size(model.parameters())
        at_work = model.model.layers[-1].mlp.register_forward_hook(lambda *_: gathered.append(size(halves())))
        loss = model(input_ids=words, labels=words).loss
        at_work.remove()
        loss.backward()
        gradients = size(p.grad for p in model.parameters() if p.grad is not None)
        optimizer.step()
        if step == 0:
            optimizer.zero_grad()
    states = size(t for state in optimizer.state.values() for t in state.values() if t.ndim > 0)
    if rank == 0:
        print(json.dumps({"weights": held, "gradients": gradients, "optimizer": states, "gathered": max(gathered)}))
    dist.destroy_process_group()


def quantised(bits: str) -> None:
    four = bits == "4"
    with tempfile.TemporaryDirectory() as folder:
        Qwen2ForCausalLM(SMALL).to(torch.bfloat16).save_pretrained(folder)
        how = BitsAndBytesConfig(
            load_in_4bit=four, load_in_8bit=not four, bnb_4bit_quant_type="nf4", bnb_4bit_use_double_quant=True
        )
        model = Qwen2ForCausalLM.from_pretrained(folder, quantization_config=how, dtype=torch.bfloat16)
        print(json.dumps({"weights": size(held_by(model))}))


def held_by(model: torch.nn.Module) -> Iterator[torch.Tensor]:
    """The weights, and the scales that belong to them."""
    for weight in model.parameters():
        yield weight.data
        scales = getattr(weight, "SCB", None)
        if scales is not None:
            yield scales
        state = getattr(weight, "quant_state", None)
        if state is not None:
            yield from (state.absmax, state.code, state.state2.absmax, state.state2.code)


if __name__ == "__main__":
    if sys.argv[1] == "fsdp":
        with tempfile.TemporaryDirectory() as folder:
            mp.spawn(fsdp, (f"{folder}/store",), nprocs=2)
    else:
        quantised(sys.argv[2])
