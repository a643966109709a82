"""What `trl grpo` makes of the rows and the reward functions as they stand."""

from __future__ import annotations

from collections.abc import Iterator

from ...facts import Finding
from .evidence import Case, RowsEvidence
from .learnt import LOOKED_AT, beyond_vocabulary
from .preparing import Renderer, StopsError, is_conversational
from .words import PREPARE, harms, setting, stops


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
    return list(beyond_vocabulary(case, asked[:LOOKED_AT]))


def reward_findings(case: Case) -> list[Finding]:
    """The findings on reward functions and on what is generated."""
    if case.method != "grpo":
        return []
    return [*_rewards(case), *_generation(case)]


def _rewards(case: Case) -> Iterator[Finding]:
    field = "config.reward_functions"
    if not case.rewards and not case.get("reward_model_name_or_path"):
        message = "No reward is named: GRPO learns from nothing else."
        yield stops("config", field, "reward-missing", message, "Name one or more under reward_funcs.")
    for reward in case.rewards:
        if reward.found is False:
            message = f"The reward function “{reward.name}” can't be had."
            yield stops(
                "config", field, "reward-unknown", message, f"{reward.why[:1].upper()}{reward.why[1:]}. TRL stops."
            )
        elif reward.returns == "length":
            message = f"“{reward.name}” gives one list whatever it is asked: as many scores as answers are needed."
            yield stops("config", field, "reward-length", message, "Its return value has a fixed length. TRL stops.")
    given = [reward.returns for reward in case.rewards]
    if given and all(returned in ("same", "nothing") for returned in given):
        what = "nothing" if "same" not in given else "the same score"
        message = f"Every answer gets {what}, so there is nothing to learn from."
        evidence = "What counts is how much better than the others of its group an answer is. No weight moves."
        yield harms("config", field, "reward-constant", message, evidence)


def _generation(case: Case) -> Iterator[Finding]:
    length = case.get("max_completion_length", 512)
    if isinstance(length, int) and length <= 0:
        message = f"Answers of {length} tokens are none."
        evidence = "TRL stops: max_new_tokens must be greater than 0."
        yield stops(
            "config",
            "config.max_completion_length",
            "completion-length",
            message,
            evidence,
            setting(max_completion_length=512),
        )
    temperature = case.get("temperature", 1.0)
    if isinstance(temperature, (int, float)) and temperature <= 0:
        message = f"A temperature of {temperature:g} makes every answer of a group the same."
        evidence = "TRL stops at the first step: it has to be strictly positive."
        yield stops("config", "config.temperature", "temperature-zero", message, evidence, setting(temperature=1.0))
