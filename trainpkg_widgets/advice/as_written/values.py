"""Values that TRL's parser takes and that stop the run later, or spoil it: one line a rule, each seen in a run."""

# ruff: noqa: SIM905 - a list of words would take a line for each

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from ...facts import Finding
from .evidence import Case
from .words import harms, setting, stops

Test = Callable[[float], bool]


@dataclass(frozen=True)
class _Number:
    """A number that a key may not be: where `wrong` holds of it the run stops, or is spoilt where `spoils` is set."""

    key: str
    knob: str
    wrong: Test
    says: str
    spoils: bool = False
    mended: Any = None
    methods: tuple[str, ...] = ()


def _not_positive(value: float) -> bool:
    return value <= 0


_GRPO = ("grpo",)
_POSITIVE = "torch stops: it has to be positive."
_DESTROYED = "A step moves every weight by up to that much: the model is destroyed."
_STEPS_NEEDED = "transformers divides by it and stops at the first step."
# Seen with TRL 1.16.0, transformers 5.23.0 and torch 2.13.
_NUMBERS = (
    _Number("per_device_train_batch_size", "batch_size", _not_positive, _POSITIVE, mended=2),
    _Number("gradient_accumulation_steps", "accumulation", lambda n: n == 0, _STEPS_NEEDED, mended=1),
    _Number("gradient_accumulation_steps", "accumulation", lambda n: n < 0, "The run ends with no step.", True, 1),
    _Number("learning_rate", "learning_rate", lambda n: n < 0, "torch stops: it has to be 0 or more.", mended=2e-4),
    _Number("learning_rate", "learning_rate", lambda n: n == 0, "No weight moves.", True, 2e-4),
    _Number("learning_rate", "learning_rate", lambda n: n > 1, _DESTROYED, True, 2e-4),
    _Number("seed", "seed", lambda n: not 0 <= n < 2**32, "numpy stops: it has to be from 0 to 2**32 - 1.", mended=42),
    _Number("adam_beta1", "trainer_keys", lambda n: not 0 <= n < 1, "torch stops: it has to be from 0 up to 1."),
    _Number("adam_beta2", "trainer_keys", lambda n: not 0 <= n < 1, "torch stops: it has to be from 0 up to 1."),
    _Number("adam_epsilon", "trainer_keys", lambda n: n < 0, "torch stops: it has to be 0 or more."),
    _Number("adam_epsilon", "trainer_keys", lambda n: n == 0, "Updates are divided by 0: weights become NaN.", True),
    _Number("dataloader_num_workers", "trainer_keys", lambda n: n < 0, "torch stops: it can't be negative."),
    _Number("pad_to_multiple_of", "trainer_keys", lambda n: n == 0, "TRL divides by it and stops at the first batch."),
    _Number("beta", "beta", lambda n: n == 0, "Answers count for nothing: no weight moves.", True, 0.1, ("dpo", "kto")),
    _Number("top_k", "trainer_keys", lambda n: n < 0, "transformers stops: it has to be 0 or more.", methods=_GRPO),
    _Number("top_p", "trainer_keys", lambda n: n == 0, "Every answer of a group is the same.", True, methods=_GRPO),
    _Number("repetition_penalty", "trainer_keys", _not_positive, "It stops: it must be above 0.", methods=_GRPO),
    _Number("num_iterations", "trainer_keys", lambda n: n == 0, "The run ends with no step.", True, methods=_GRPO),
    _Number("max_steps", "max_steps", lambda n: n == 0, "transformers takes one step, at a learning rate of 0.", True),
    _Number("max_length", "max_length", lambda n: n == 0, "Every row is cut to nothing: none is left.", mended=2048),
)  # fmt: skip

# transformers 5.23: schedules that stop without settings of their own, and what they need.
_SCHEDULES = {
    "cosine_with_min_lr": ("min_lr", "min_lr_rate"),
    "cosine_warmup_with_min_lr": ("min_lr", "min_lr_rate"),
    "warmup_stable_decay": ("num_decay_steps",),
}
_TRACKERS = (
    *("azure_ml", "comet_ml", "mlflow", "neptune", "tensorboard", "trackio", "wandb", "codecarbon", "clearml"),
    *("dagshub", "flyte", "dvclive", "swanlab", "kubeflow", "all", "none"),
)
# TRL 1.16: configs of accelerate that come with it.
_LAUNCHES = ("fsdp1", "fsdp2", "multi_gpu", "single_gpu", "zero1", "zero2", "zero3")
_FLOAT16 = ("float16",)
# transformers 5.23, PreTrainedModel.from_pretrained: what it takes beside the values of the configuration.
_INIT = frozenset(
    """
attn_implementation cache_dir config device_map distributed_config dtype experts_implementation force_download
fusion_config generation_config gguf_file ignore_mismatched_sizes key_mapping kernel_config local_files_only
max_memory offload_buffers offload_folder output_loading_info proxies quantization_config revision state_dict
subfolder token tp_plan tp_size trust_remote_code use_kernels use_safetensors variant weights_only
adapter_kwargs adapter_name use_cache output_hidden_states output_attentions torch_dtype low_cpu_mem_usage
""".split()
)


def value_findings(case: Case) -> list[Finding]:
    """The findings on values by themselves."""
    return [*_numbers(case), *_names(case), *_needs(case), *_by_method(case)]


def _numbers(case: Case) -> Iterator[Finding]:
    for rule in _NUMBERS:
        value = _number(case.keys.get(rule.key))
        if value is None or not rule.wrong(value) or (rule.methods and case.method not in rule.methods):
            continue
        message = f"{rule.key} can't well be {value:g}."
        fix = None if rule.mended is None else setting(**{rule.knob: rule.mended})
        say = harms if rule.spoils else stops
        yield say("config", f"config.{rule.knob}", "value-refused", message, rule.says, fix)


def _names(case: Case) -> Iterator[Finding]:
    trackers = case.get("report_to", [])
    for name in trackers if isinstance(trackers, list) else [trackers]:
        if str(name) not in _TRACKERS:
            message = f"There is no tracker “{name}”."
            yield stops(
                "config",
                "config.report_to",
                "tracker-unknown",
                message,
                "transformers stops and names its own.",
                setting(report_to="none"),
            )
    launch = case.get("accelerate_config")
    if isinstance(launch, str) and launch not in _LAUNCHES and case.paths.get("accelerate_config") == "missing":
        message = f"“{launch}” is no way to launch that TRL has, and no file."
        yield stops("config", "config.sharding", "launch-unknown", message, f"It has {', '.join(_LAUNCHES)}.")


def _needs(case: Case) -> Iterator[Finding]:
    schedule = str(case.get("lr_scheduler_type", ""))
    given = case.get("lr_scheduler_kwargs", {})
    if schedule in _SCHEDULES and not any(name in given for name in _SCHEDULES[schedule]):
        message = f"The schedule {schedule} needs {' or '.join(_SCHEDULES[schedule])}, under lr_scheduler_kwargs."
        yield stops(
            "config", "config.scheduler", "scheduler-needs", message, "transformers stops.", setting(scheduler="cosine")
        )
    if case.get("save_strategy") == "best" and not case.get("metric_for_best_model"):
        message = "Only the best model is to be kept, and nothing says by what it is told."
        yield stops(
            "config",
            "config.save_strategy",
            "metric-missing",
            message,
            "transformers stops: name metric_for_best_model.",
        )
    resumed = case.get("resume_from_checkpoint")
    if resumed and case.paths.get("resume_from_checkpoint") == "missing":
        place = f"at {resumed}" if isinstance(resumed, str) else "in the output folder"
        message = f"There is no checkpoint to go on from {place}."
        yield stops(
            "config", "config.trainer_keys", "checkpoint-missing", message, "transformers stops: no valid checkpoint."
        )
    if case.paths.get("output_dir") == "file":
        message = "output_dir names a file, and the trained model needs a folder."
        yield stops("config", "config.trainer_keys", "output-is-file", message, "The run stops when it saves.")
    if case.get("dtype") in _FLOAT16 and not case.on("use_peft"):
        message = "Weights that are trained in float16 become NaN or stand still."
        evidence = "Adam's epsilon, 1e-8, is 0 in float16. Use bfloat16, or float32 with fp16: true."
        yield harms("config", "config.precision", "weights-in-float16", message, evidence, setting(precision="bf16"))
    yield from _unknown_init(case)
    coefficient = _number(case.keys.get("router_aux_loss_coef"))
    if coefficient and case.model.config is not None and not _has_experts(case):
        message = "router_aux_loss_coef is for models with experts, and this one has none."
        yield stops("config", "config.trainer_keys", "no-experts", message, "TRL stops and says so.")


def _unknown_init(case: Case) -> Iterator[Finding]:
    given = case.get("model_init_kwargs", {})
    for name in given if isinstance(given, Mapping) else ():
        if name not in _INIT and case.model.config is not None and name not in case.model.config:
            message = f"model_init_kwargs has “{name}”, which no model takes."
            yield stops(
                "config", "config.trainer_keys", "init-key-unknown", message, "TRL stops where it loads the model."
            )


def _has_experts(case: Case) -> bool:
    return any("expert" in key for key in case.model.config or {})


def _by_method(case: Case) -> Iterator[Finding]:
    if case.method in ("sft", "cpt"):
        yield from _supervised(case)
    elif case.method == "dpo":
        yield from _dpo(case)
    elif case.method == "kto":
        yield from _kto(case)


def _supervised(case: Case) -> Iterator[Finding]:
    rows, given = case.data.train, case.get("dataset_kwargs", {})
    skips = isinstance(given, Mapping) and given.get("skip_prepare_dataset") is True
    if skips and rows is not None and "input_ids" not in rows.columns:
        message = "The rows are not to be prepared (skip_prepare_dataset), and they are no tokens."
        yield stops(
            "dataset", "dataset.rows", "rows-not-prepared", message, "TRL stops: no column is one the model takes."
        )
    cut = not ("max_length" in case.keys and case.keys["max_length"] is None)
    if case.on("padding_free") and not case.on("packing") and cut:
        message = "Rows without padding (padding_free) and without packing can't be cut, and max_length is set."
        yield stops(
            "config",
            "config.padding_free",
            "padding-free-length",
            message,
            "TRL stops: set max_length to null, or pack.",
            setting(padding_free=False),
        )
    if case.on("packing") and not cut:
        message = "Packing fills sequences up to max_length, and it is set to nothing."
        yield stops(
            "config", "config.packing", "packing-length", message, "TRL stops and says so.", setting(packing=False)
        )
    mode = case.get("truncation_mode", "keep_start")
    if mode not in ("keep_start", "keep_end") and cut and not case.on("packing"):
        message = f"There is no truncation_mode “{mode}”."
        yield stops("config", "config.trainer_keys", "truncation-unknown", message, "TRL has keep_start and keep_end.")


# trl/trainer/dpo_trainer.py (TRL 1.16.0)
_DPO_LOSSES = frozenset(
    """
sigmoid hinge ipo exo_pair nca_pair robust bco_pair sppo_hard aot aot_unpaired apo_zero apo_down discopop sft
sigmoid_norm
""".split()
)
_WITH_DIVERGENCE = frozenset(("sigmoid", "sigmoid_norm", "hinge", "ipo", "exo_pair", "robust", "discopop", "sft"))


def _dpo(case: Case) -> Iterator[Finding]:
    given = case.get("loss_type", ["sigmoid"])
    losses = {str(name) for name in (given if isinstance(given, list) else [given])}
    if not losses:
        message = "DPO is given no loss: the list is empty."
        yield stops("config", "config.dpo_loss", "loss-unknown", message, "TRL stops.", setting(dpo_loss="sigmoid"))
    weights = case.keys.get("loss_weights")
    if weights is not None and not isinstance(weights, list):
        message = "loss_weights is no list, and TRL takes one weight for each loss."
        yield stops("config", "config.trainer_keys", "loss-weights-length", message, "TRL stops.")
    divergence = case.get("f_divergence_type", "reverse_kl")
    if divergence not in ("reverse_kl", "forward_kl", "js_divergence", "alpha_divergence"):
        message = f"There is no f_divergence_type “{divergence}”."
        evidence = "TRL has reverse_kl, forward_kl, js_divergence and alpha_divergence; it stops at the first step."
        yield stops("config", "config.trainer_keys", "divergence-unknown", message, evidence)
    smoothing = _number(case.get("label_smoothing", 0.0))
    for name in sorted(losses - _DPO_LOSSES):
        message = f"DPO has no loss “{name}”."
        yield stops(
            "config",
            "config.dpo_loss",
            "loss-unknown",
            message,
            f"TRL has {', '.join(sorted(_DPO_LOSSES))}.",
            setting(dpo_loss="sigmoid"),
        )
    if "exo_pair" in losses and smoothing == 0:
        message = "The loss exo_pair needs a label smoothing above 0."
        yield stops(
            "config",
            "config.label_smoothing",
            "smoothing-needed",
            message,
            "TRL stops; its paper takes 0.001.",
            setting(label_smoothing=0.001),
        )
    if case.get("f_divergence_type", "reverse_kl") != "reverse_kl" and losses - _WITH_DIVERGENCE:
        message = f"f_divergence_type goes with {', '.join(sorted(_WITH_DIVERGENCE))} only."
        yield stops("config", "config.trainer_keys", "divergence-loss", message, "TRL stops and says so.")
    if case.on("use_weighting") and losses & {"aot", "aot_unpaired"}:
        message = "use_weighting does not go with the losses aot and aot_unpaired."
        yield stops("config", "config.trainer_keys", "weighting-loss", message, "TRL stops and says so.")
    if case.on("sync_ref_model") and (case.on("use_peft") or case.on("precompute_ref_log_probs")):
        message = "sync_ref_model does not go with LoRA, nor with precompute_ref_log_probs."
        yield stops("config", "config.trainer_keys", "reference-sync", message, "TRL stops and says so.")


def _kto(case: Case) -> Iterator[Finding]:
    loss = str(case.get("loss_type", "kto"))
    if loss not in ("kto", "apo_zero_unpaired"):
        message = f"KTO has no loss “{loss}”."
        yield stops(
            "config",
            "config.kto_loss",
            "loss-unknown",
            message,
            "TRL has kto and apo_zero_unpaired.",
            setting(kto_loss="kto"),
        )
        return
    if loss == "apo_zero_unpaired":
        return
    batch = _number(case.get("per_device_train_batch_size", 8))
    if batch is not None and 0 < batch <= 1:
        message = "KTO compares an answer with those of other rows, and there is one row on the card at a time."
        yield stops(
            "config",
            "config.batch_size",
            "kto-batch-of-one",
            message,
            "TRL stops: it has to be above 1.",
            setting(batch_size=2),
        )
    sampling = case.get("train_sampling_strategy", "sequential")
    if sampling != "sequential":
        message = f"KTO needs its rows in order, and train_sampling_strategy is {sampling}."
        yield stops("config", "config.trainer_keys", "kto-sampling", message, "TRL stops and says so.")


def _number(value: Any) -> float | None:
    if isinstance(value, str):
        try:
            return float(value)
        except ValueError:
            return None
    return float(value) if isinstance(value, (int, float)) and not isinstance(value, bool) else None
