"""What `trl grpo` makes of the rows and the reward functions as they stand."""

from __future__ import annotations

import sys
from collections.abc import Collection, Iterator

from ...facts import Finding
from .evidence import Case, RewardEvidence, RowsEvidence
from .learnt import LOOKED_AT, beyond_vocabulary
from .preparing import Renderer, StopsError, is_conversational
from .words import PREPARE, harms, setting, stops

_LOSSES = ("dapo", "grpo", "bnpo", "dr_grpo", "sapo", "cispo", "luspo", "vespo")
_LEVELS = ("token", "sequence")
_SCALES = ("group", "batch", "none")
# trl/rewards: these read the last turn of an answer, so they need conversations.
_OF_CONVERSATIONS = ("accuracy_reward", "reasoning_accuracy_reward", "think_format_reward")


def rollout_findings(case: Case, rows: RowsEvidence) -> list[Finding]:
    """The findings of GRPO on these rows: prompts that can be asked."""
    if "prompt" not in rows.columns:
        message = "The rows have no column “prompt”, which GRPO asks the model."
        evidence = f"The columns are {', '.join(rows.columns[:8])}. TRL stops at the first step: KeyError 'prompt'."
        return [stops("dataset", "dataset.rows", "column-missing", message, evidence, PREPARE)]
    tokenizer = case.model.tokenizer
    if tokenizer is None:
        return []
    renderer = Renderer(case.template, tokenizer.eos)
    asked: list[str] = []
    try:
        for row in rows.rows:
            if is_conversational(row, "prompt"):
                asked.append(renderer.text(row["prompt"], True, row.get("tools")))
            elif isinstance(row["prompt"], str):
                asked.append(row["prompt"])
            else:
                raise StopsError("content-no-text", "“prompt” is no text and no conversation.", "TRL stops there.")
    except StopsError as error:
        return [stops("dataset", "dataset.rows", error.code, error.message, error.evidence, PREPARE)]
    plain = any(isinstance(row["prompt"], str) for row in rows.rows)
    built_in = [reward.name for reward in case.rewards if reward.name in _OF_CONVERSATIONS]
    if plain and built_in:
        message = f"The reward {built_in[0]} reads conversations, and these prompts are plain text."
        evidence = "TRL stops at the first step: string indices must be integers."
        return [stops("dataset", "dataset.rows", "reward-needs-conversations", message, evidence, PREPARE)]
    return list(beyond_vocabulary(case, asked[:LOOKED_AT]))


def reward_findings(case: Case, requirements: Collection[str]) -> list[Finding]:
    """The findings on reward functions and on what is generated; `requirements` are lines of the run's environment."""
    if case.method != "grpo":
        return []
    return [*_rewards(case, requirements), *_generation(case)]


def _rewards(case: Case, requirements: Collection[str]) -> Iterator[Finding]:
    field = "config.reward_functions"
    if not case.rewards and not case.get("reward_model_name_or_path"):
        message = "No reward is named: GRPO learns from nothing else."
        yield stops("config", field, "reward-missing", message, "Name one or more under reward_funcs.")
    if isinstance(case.keys.get("reward_funcs"), str):
        message = "`reward_funcs` is a text, and TRL reads it letter by letter."
        yield stops("config", field, "reward-no-list", message, "Write a list: [module.function].")
        return
    for reward in case.rewards:
        known = reward.found if reward.found is not None else _is_installed(reward.name, requirements)
        if known is False:
            message = f"The reward function “{reward.name}” can't be had."
            evidence = f"{reward.why[:1].upper()}{reward.why[1:]}. TRL stops."
            yield stops("config", field, "reward-unknown", message, evidence)
        elif reward.returns == "length":
            message = f"“{reward.name}” gives one list whatever it is asked: as many scores as answers are needed."
            yield stops("config", field, "reward-length", message, "Its return value has a fixed length. TRL stops.")
        elif reward.returns == "refuses":
            message = f"“{reward.name}” does not take what TRL hands to a reward function."
            evidence = "TRL calls it with prompts, completions and more by name: it needs **kwargs."
            yield stops("config", field, "reward-arguments", message, evidence)
    weights = case.keys.get("reward_weights")
    if isinstance(weights, list) and case.rewards and len(weights) != len(case.rewards):
        message = f"reward_weights has {len(weights)} numbers for {len(case.rewards)} rewards."
        yield stops("config", "config.trainer_keys", "reward-weights", message, "TRL stops: each needs a weight.")
    given = [_score(case, reward) for reward in case.rewards]
    if given and all(returned in ("same", "nothing") for returned in given):
        what = "nothing" if "same" not in given else "the same score"
        message = f"Every answer gets {what}, so there is nothing to learn from."
        evidence = "What counts is how much better than the others of its group an answer is. No weight moves."
        yield harms("config", field, "reward-constant", message, evidence)


def _score(case: Case, reward: RewardEvidence) -> str:
    # trl/scripts/grpo.py: it begins to punish at 1280 - 256 tokens, and gives every shorter answer 0.
    longest = case.get("max_completion_length", 512)
    if reward.name == "get_soft_overlong_punishment" and isinstance(longest, int) and longest <= 1024:
        return "same"
    return reward.returns


def _is_installed(name: str, requirements: Collection[str]) -> bool | None:
    """Whether the module of a function may come with the run's environment; None where that is not known."""
    top = name.split(".")[0].lower().replace("_", "-")
    if top in sys.stdlib_module_names or any(line.strip().lower().startswith(top) for line in requirements):
        return None
    return False


def _generation(case: Case) -> Iterator[Finding]:
    length = case.get("max_completion_length", 512)
    if isinstance(length, int) and length <= 0:
        message = f"Answers of {length} tokens are none."
        evidence = "TRL stops: max_new_tokens must be greater than 0."
        fix = setting(max_completion_length=512)
        yield stops("config", "config.max_completion_length", "completion-length", message, evidence, fix)
    temperature = case.get("temperature", 1.0)
    if isinstance(temperature, int) and not isinstance(temperature, bool) and temperature > 0:
        message = f"The temperature is the whole number {temperature}, and transformers takes one with a point."
        evidence = f"It stops at the first step: it has to be a float. Write {temperature}.0."
        fix = setting(temperature=float(temperature))
        yield stops("config", "config.temperature", "temperature-whole", message, evidence, fix)
    elif isinstance(temperature, (int, float)) and temperature <= 0:
        message = f"A temperature of {temperature:g} makes every answer of a group the same."
        evidence = "TRL stops at the first step: it has to be strictly positive."
        yield stops("config", "config.temperature", "temperature-zero", message, evidence, setting(temperature=1.0))
    if case.on("sync_ref_model") and not case.get("beta", 0.0):
        message = "sync_ref_model keeps a reference up to date, and with a beta of 0 there is none."
        yield stops("config", "config.trainer_keys", "reference-sync", message, "TRL stops and says so.")
    if case.paths.get("reward_model_name_or_path") == "missing":
        message = f"There is no reward model at {case.get('reward_model_name_or_path')}."
        yield stops("config", "config.reward_functions", "reward-unknown", message, "TRL stops where it loads it.")
    for key, known in (("loss_type", _LOSSES), ("scale_rewards", _SCALES), ("importance_sampling_level", _LEVELS)):
        value = case.get(key, known[0])
        if not isinstance(value, bool) and str(value) not in known:
            message = f"GRPO has no {key} “{value}”."
            yield stops("config", "config.trainer_keys", "grpo-value", message, f"TRL has {', '.join(known)}.")
