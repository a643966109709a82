"""What TRL's trainers hold at once, counted on a small model, is what the estimate says: for methods without published
measurements it is the only thing that backs it.
"""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from tests.training.environment import environment_of, run
from tests.training.workshop import SCRIPTS, Workshop
from tests.unit.knob_samples import changed
from trainpkg_widgets.advice import loss_path, moments
from trainpkg_widgets.advice.dimensions import dimensions_of
from trainpkg_widgets.advice.memory import WORKSPACE, estimate_memory
from trainpkg_widgets.advice.model_states import states_of
from trainpkg_widgets.advice.run_of_config import run_of
from trainpkg_widgets.advice.sharding import share_of
from trainpkg_widgets.architecture import Architecture

SMALL = Architecture(
    model_type="qwen2",
    hidden_size=512,
    layers=6,
    heads=8,
    kv_heads=2,
    head_dim=64,
    vocab_size=32000,
    intermediate_size=1408,
    tied_embeddings=False,
    gated_mlp=True,
)
# The method, the tuning, what the script is told, and the same as knobs.
CASES = [
    *[(method, tuning, "", {}) for method in ("sft", "dpo", "kto", "reward") for tuning in ("full", "lora")],
    ("orpo", "lora", "", {}),
    ("dpo", "lora", "checkpointing=0", {"gradient_checkpointing": False}),
    ("sft", "lora", "dropout=0.05", {"lora_dropout": 0.05}),
    ("sft", "lora", "dora=1", {"lora_variant": "dora"}),
    ("sft", "lora", "dora=1 dropout=0.05", {"lora_variant": "dora", "lora_dropout": 0.05}),
    ("sft", "lora", "whole=1", {"lora_modules_to_save": ["embed_tokens", "lm_head"]}),
]
WITHIN = 0.06
HELD = str(SCRIPTS / "held_states.py")


@pytest.mark.prove
@pytest.mark.parametrize(("method", "tuning", "told", "knobs"), CASES, ids=lambda value: str(value) or "plain")
def test_the_trainer_holds_what_the_estimate_says(
    workshop: Workshop, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, method, tuning, told, knobs
) -> None:
    script = str(SCRIPTS / "trainer_peaks.py")
    printed = run(str(workshop.programs / "python"), script, str(tmp_path), method, tuning, *told.split())
    [peak] = re.findall(r"^peak (\d+)$", printed, re.MULTILINE)
    for module in (loss_path, moments):
        monkeypatch.setattr(module, "TILE_TOKENS", 8)
    given = {"lora_dropout": 0.0, "packing": False} | knobs if tuning == "lora" else knobs
    config = changed(method=method, tuning=tuning, batch_size=2, accumulation=1, max_length=128, **given)
    estimate = estimate_memory(SMALL, run_of(config, SMALL, None))
    predicted = estimate.allocated - WORKSPACE
    print(f"{method} {tuning} {told}: counted {int(peak) / 2**20:.1f} MiB, estimated {predicted / 2**20:.1f}")
    assert predicted == pytest.approx(int(peak), rel=WITHIN)


@pytest.mark.prove
def test_fsdp_gives_each_of_two_processes_the_share_that_the_estimate_says(workshop: Workshop) -> None:
    counted = json.loads(run(str(workshop.programs / "python"), HELD, "fsdp").splitlines()[-1])
    dims, asked = dimensions_of(SMALL), run_of(changed(tuning="full", gpus=2, sharding="fsdp"), SMALL, None)
    share = share_of(states_of(dims, asked, (), None, None), dims, asked)
    print(counted, share)
    for part in ("weights", "gradients", "optimizer", "gathered"):
        assert getattr(share, part) == pytest.approx(counted[part], rel=0.01)


@pytest.mark.prove
@pytest.mark.parametrize("bits", [4, 8])
def test_weights_in_few_bits_take_what_the_estimate_says(workshop: Workshop, bits: int) -> None:
    # The environment that the QLoRA packages of other proofs ask for.
    place = workshop.package(f"bits-{bits}", tuning="qlora")
    programs = environment_of(place, beside=workshop.programs)
    counted = json.loads(run(str(programs / "python"), HELD, "quantised", str(bits)).splitlines()[-1])
    asked = run_of(changed(tuning="qlora", quantisation_bits=bits), SMALL, None)
    estimated = states_of(dimensions_of(SMALL), asked, (), None, None).weights
    print(bits, counted, estimated)
    assert estimated == pytest.approx(counted["weights"], rel=0.01)
