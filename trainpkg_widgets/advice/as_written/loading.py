"""What would keep TRL 1.16 from loading the model that a config names, and what it would load wrongly."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from dataclasses import replace

from ...facts import Finding
from .evidence import Case, ModelEvidence
from .scoring_types import SCORING
from .words import harms, setting, stops

_DTYPES = ("auto", "bfloat16", "float16", "float32")
_SHORT_DTYPES = {"bf16": "bfloat16", "fp16": "float16", "fp32": "float32", "half": "float16", "float": "float32"}
# transformers 5.23: how attention may be computed, and the package that each needs.
_ATTENTION = {
    "eager": "", "sdpa": "", "flex_attention": "", "flash_attention_2": "flash-attn", "flash_attention_3": "flash-attn",
}  # fmt: skip
_QUANTISED = {"gptq": "optimum and gptqmodel", "awq": "gptqmodel", "hqq": "hqq", "aqlm": "aqlm", "eetq": "eetq"}
_LAYER = re.compile(r"^(.*?\.(?:layers|layer|h|blocks|block))\.(\d+)\.(.+)$")


def loading_findings(case: Case, requirements: Collection[str]) -> list[Finding]:
    """The findings on loading the model; `requirements` are the lines of the run's environment."""
    model = case.model
    if model.place == "none":
        message = "The config names no model: `model_name_or_path` is left out."
        return [stops("model", "model.repo_id", "model-missing", message, "TRL stops before anything is loaded.")]
    if model.place == "missing":
        message = f"There is no model at {model.named}."
        evidence = "TRL takes a path with nothing there for a Hub id, which it is not, and stops."
        return [stops("model", "model.repo_id", "model-folder-missing", message, evidence)]
    found = [*_dtype(case), *_attention(case, requirements)]
    if model.place == "elsewhere":
        return found
    found += _configuration(case)
    if any(finding.severity == "error" for finding in found):
        return found
    found += [*_weights(case), *_quantisation(case, requirements), *_tokenizer(case), *_template(case)]
    return found


def underlying(case: Case) -> Case:
    """The case with the model under an adapter in its place, which `trl reward` loads both of."""
    base, model = case.model.base, case.model
    if base is None or base.place != "folder" or model.config is not None:
        return case
    return replace(case, model=replace(base, named=model.named, tokenizer=model.tokenizer or base.tokenizer))


def _configuration(case: Case) -> Iterator[Finding]:
    model = case.model
    if case.method == "reward" and model.base is not None and model.config is None:
        yield from _adapter_for_reward(case)
        return
    if not model.model_type:
        if "adapter_config.json" in model.files:
            message = "This folder holds an adapter, and no model that it goes with."
            evidence = "TRL looks for `model_type` in config.json and stops. Name the base model, or merge the adapter."
            yield stops("model", "model.repo_id", "adapter-without-base", message, evidence)
        elif any(name.endswith(".gguf") for name in model.files):
            message = "This folder holds GGUF weights only, which TRL does not load."
            yield stops(
                "model",
                "model.repo_id",
                "weights-format",
                message,
                "There is no config.json with a `model_type` beside them.",
            )
        else:
            message = "There is no config.json with a `model_type`, so the kind of model can't be told."
            yield stops("model", "model.repo_id", "model-type-missing", message, "TRL stops: Unrecognized model.")
        return
    config = model.config or {}
    own_code = isinstance(config.get("auto_map"), Mapping)
    if own_code and not case.on("trust_remote_code"):
        message = "This model brings its own code, and the config does not allow it to run."
        evidence = "TRL stops and asks for trust_remote_code: true. Read the code before you allow it."
        yield stops("model", "model.repo_id", "remote-code", message, evidence)
    elif not own_code and not model.kind.known:
        message = f"transformers 5.23 knows no model type “{model.model_type}”."
        yield stops(
            "model",
            "model.repo_id",
            "model-type-unknown",
            message,
            "It stands in config.json; TRL stops where it reads it.",
        )
    elif case.method != "reward" and not model.architecture:
        message = "config.json names no architecture, and TRL takes the class to load from there."
        yield stops(
            "model",
            "model.repo_id",
            "architecture-missing",
            message,
            "TRL stops: 'NoneType' object is not subscriptable.",
        )
    elif not own_code:
        yield from _scores(case) if case.method == "reward" else _generates(case)


def _scores(case: Case) -> Iterator[Finding]:
    kind = case.model.model_type
    if kind not in SCORING:
        message = f"transformers 5.23 has no {kind} that gives a score, which a reward model has to."
        yield stops("model", "model.repo_id", "no-scoring-model", message, "TRL stops where it loads the model.")
    elif case.model.kind.encoder_decoder:
        message = f"The score of {kind} comes from a head of several layers, all of them new and random."
        evidence = (
            "TRL trains a single new layer called score; this one keeps random weights that nothing was learnt by."
        )
        yield harms("model", "model.repo_id", "reward-head", message, evidence)


def _generates(case: Case) -> Iterator[Finding]:
    architecture = case.model.architecture
    if case.model.kind.writes_text:
        return
    if architecture.endswith("ForConditionalGeneration"):
        message = f"{architecture} answers one text with another, and TRL trains models that continue a text."
        yield stops("model", "model.repo_id", "no-causal-model", message, "It is an encoder with a decoder.")
        return
    message = f"{architecture} writes no text, so it can't be trained to."
    evidence = "TRL stops: it has no generation_config."
    if case.model.kind.causal_lm:
        evidence += f" The class that writes text is {case.model.kind.causal_lm}."
    yield stops("model", "model.repo_id", "no-causal-model", message, evidence)


def _adapter_for_reward(case: Case) -> Iterator[Finding]:
    base = case.model.base
    if base is None or base.place in ("none", "missing"):
        message = f"This folder holds an adapter, and its base model is not at {base.named if base else 'any place'}."
        yield stops("model", "model.repo_id", "adapter-without-base", message, "TRL stops where it loads the base.")
    elif not case.on("use_peft"):
        message = "This folder holds an adapter, which is loaded frozen: nothing would be trained."
        evidence = (
            "No weight moved in a run of TRL 1.16, and the reward head stays random. Switch LoRA on, or merge it."
        )
        yield harms("model", "model.repo_id", "nothing-trainable", message, evidence, setting(tuning="lora"))


def _weights(case: Case) -> Iterator[Finding]:
    model = case.model
    if model.damage:
        message = "The weights of this model can't be loaded."
        yield stops("model", "model.repo_id", "weights-damaged", message, f"{model.damage}.")
        return
    missing = _missing_tensors(model, case.method)
    if missing:
        message = "The weights are not whole: what is missing would start from random numbers."
        evidence = f"Missing are {', '.join(missing[:3])}{' and more' if len(missing) > 3 else ''}."
        yield harms("model", "model.repo_id", "weights-missing", message, evidence)


def _missing_tensors(model: ModelEvidence, method: str) -> list[str]:
    """Tensors that a model of this configuration has and these files lack; none where that can't be told."""
    if not model.tensors or model.config is None:
        return []
    stacks: dict[str, dict[int, set[str]]] = {}
    for name in model.tensors:
        if match := _LAYER.match(name):
            stacks.setdefault(match[1], {}).setdefault(int(match[2]), set()).add(match[3])
    found = []
    wanted = model.config.get("num_hidden_layers") or model.config.get("n_layer")
    for stack, layers in stacks.items():
        usual = Counter(part for parts in layers.values() for part in parts)
        always = {part for part, count in usual.items() if count == len(layers)}
        if len(stacks) == 1 and isinstance(wanted, int):
            found += [f"{stack}.{n}.{part}" for n in range(wanted) if n not in layers for part in sorted(always)]
    architecture = model.architecture
    if method == "reward" and architecture == "BertForMaskedLM" and "bert.pooler.dense.weight" not in model.tensors:
        found.append("bert.pooler.dense.weight")
    return found


def _quantisation(case: Case, requirements: Collection[str]) -> Iterator[Finding]:
    config = case.model.config or {}
    quantised = config.get("quantization_config")
    kind = str(quantised.get("quant_method", "")) if isinstance(quantised, Mapping) else ""
    loaded = case.on("load_in_4bit") or case.on("load_in_8bit")
    if kind in _QUANTISED and not _has(requirements, _QUANTISED[kind].split()[0]):
        message = f"These weights are quantised ({kind}), and loading them needs {_QUANTISED[kind]}."
        evidence = "The run's environment does not have it. Take the unquantised weights, which train better."
        yield stops("model", "model.repo_id", "weights-quantised", message, evidence)
    if (kind == "bitsandbytes" or loaded) and not case.on("use_peft"):
        message = "Quantised weights can't be trained as they are."
        evidence = "Full fine-tuning of 4-bit or 8-bit weights is refused; a LoRA adapter beside them trains."
        yield stops("config", "config.tuning", "weights-quantised", message, evidence, setting(tuning="qlora"))


def _dtype(case: Case) -> Iterator[Finding]:
    dtype = case.keys.get("dtype")
    if isinstance(dtype, str) and dtype not in _DTYPES:
        instead = _SHORT_DTYPES.get(dtype)
        message = f"“{dtype}” is no dtype that TRL takes."
        evidence = f"It takes {', '.join(_DTYPES)}{f'; {dtype} is {instead}' if instead else ''}, and stops at others."
        yield stops("config", "config.precision", "dtype-unknown", message, evidence)


def _attention(case: Case, requirements: Collection[str]) -> Iterator[Finding]:
    attention = case.keys.get("attn_implementation")
    if not isinstance(attention, str):
        return
    needed = _ATTENTION.get(attention, "kernels" if "/" in attention else None)
    if needed is None:
        message = f"There is no attention “{attention}”."
        evidence = f"transformers 5.23 has {', '.join(_ATTENTION)}, and kernels of the Hub (author/name)."
        yield stops("config", "config.attention", "attention-unknown", message, evidence)
    elif needed and not _has(requirements, needed):
        message = f"The attention “{attention}” needs the package {needed}, which the run's environment does not have."
        evidence = "Add it, pinned, to the target's requirements in step4_deploy.yaml, or use sdpa."
        yield stops("config", "config.attention", "attention-package", message, evidence)


def _tokenizer(case: Case) -> Iterator[Finding]:
    model = case.model
    tokenizer = model.tokenizer or (model.base.tokenizer if model.base and case.method == "reward" else None)
    if tokenizer is None:
        message = "This model has no tokenizer beside it."
        yield stops("model", "model.repo_id", "tokenizer-missing", message, "TRL stops: it can't be instantiated.")
        return
    for key in ("eos_token", "pad_token"):
        token = case.keys.get(key)
        if isinstance(token, str) and not tokenizer.knows(token):
            message = f"The {key} “{token}” is not in this model's vocabulary."
            yield stops("config", "config.trainer_keys", "token-unknown", message, "TRL stops and says so.")
    if not (case.get("pad_token") or tokenizer.pad or case.get("eos_token") or tokenizer.eos):
        message = "The tokenizer has neither a padding token nor a stop token, and TRL pads with one of them."
        yield stops("model", "model.repo_id", "no-pad-token", message, "TRL stops: the pad token None is not found.")
    if case.method == "grpo" and not (case.get("eos_token") or tokenizer.eos):
        message = "The tokenizer has no stop token (eos), and GRPO looks for it in every answer."
        yield stops("model", "model.repo_id", "no-eos-token", message, "TRL stops at the first step.")
    vocabulary = (model.config or {}).get("vocab_size")
    too_high = isinstance(vocabulary, int) and tokenizer.highest is not None and tokenizer.highest >= vocabulary
    # Where texts can be turned into tokens here, those of the rows decide: see learnt.py.
    if too_high and tokenizer.encode("") is None:
        message = f"The tokenizer gives tokens up to {tokenizer.highest:,}; the model has {vocabulary:,} embeddings."
        yield stops(
            "model", "model.repo_id", "tokens-beyond-vocabulary", message, "A row with one of them stops the run."
        )


def _template(case: Case) -> Iterator[Finding]:
    path = case.keys.get("chat_template_path")
    if path is None or case.method not in ("sft", "cpt"):
        return
    if case.paths.get("chat_template_path") == "missing":
        message = f"There is no chat template at {path}."
        evidence = "TRL takes what is no .jinja file for a model's id, finds none, and stops."
        yield stops("config", "config.trainer_keys", "chat-template-path", message, evidence)
    elif case.paths.get("chat_template_path") == "empty":
        message = f"The model at {path} has no chat template to take."
        yield stops("config", "config.trainer_keys", "chat-template-path", message, "TRL stops where it copies it.")


def _has(requirements: Collection[str], package: str) -> bool:
    wanted = package.lower().replace("_", "-")
    return any(
        re.split(r"[^A-Za-z0-9._-]", r.strip(), maxsplit=1)[0].lower().replace("_", "-") == wanted for r in requirements
    )
