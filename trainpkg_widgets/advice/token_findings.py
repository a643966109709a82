"""What the tokens of the rows say about a run: what is never learnt, what is cut, whether the model learns to stop."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Literal

from ..facts import Finding, Fix, Severity
from .packed_blocks import unfilled_blocks
from .token_lengths import Spread, TokenLengths
from .token_survey import SeenRows, TokenSurvey

if TYPE_CHECKING:
    from ..steps import ConfigStep, DatasetStep

Cutting = Literal["cuts", "drops", "keeps"]

# Below this share of cut rows the cut is told and not warned of.
_FEW_CUT = 0.01
# The fix allows for all but this share of the rows where the longest would be too long.
_LEFT_CUT = 0.01
_ROUND_TO = 64


def cutting_of(target: str, method: str) -> tuple[Cutting, str]:
    """What a trainer does with a row that is longer than the longest length, and that in words."""
    if target == "axolotl":
        return "drops", "Axolotl leaves longer rows out (excess_length_strategy: drop)."
    if target == "llamafactory":
        return "cuts", "LLaMA-Factory cuts off the end of longer rows."
    if method == "reward":
        return "drops", "TRL leaves longer pairs out."
    if method == "grpo":
        return "keeps", "TRL does not cut prompts; an answer may have max_completion_length tokens of its own."
    return "cuts", "TRL cuts off the end of longer rows."


def token_findings(
    survey: TokenSurvey,
    lengths: TokenLengths,
    dataset: DatasetStep,
    config: ConfigStep | None,
    target: str,
    context: int | None,
) -> list[Finding]:
    """The findings that tokens give. `context` is the model's longest length, None if unknown."""
    found = [*_of_survey(survey)]
    if config is not None:
        found += _of_lengths(lengths, config, target, context)
        if target == "llamafactory" and (unfilled := unfilled_blocks(config, dataset, lengths)):
            found.append(unfilled)
    return found


def _of_survey(survey: TokenSurvey) -> Iterator[Finding]:
    if survey.refused.count:
        message = f"The chat template or the tokenizer refuses {_of(survey.refused, survey)}."
        yield _finding("error", "row-refused", message, f"{_numbers(survey.refused)} It says: {survey.refused.said}")
    if survey.silent.count:
        every = survey.silent.count == survey.looked_at
        message = (
            "Nothing would be learnt: every token is masked."
            if every
            else (f"{_of(survey.silent, survey)} {'has' if survey.silent.count == 1 else 'have'} no token to learn.")
        )
        answers = Fix(label="Learn the answers", verb="configure", arguments={"train_on": "answers"})
        yield _finding("error" if every else "warning", "mask-empty", message, _numbers(survey.silent), answers)
    stops = " or ".join(survey.stops_at) or "no token that is known"
    if survey.other_stop.count:
        token = survey.other_stop.said
        message = f"Answers end in {token}, and this model stops at {stops}: it would not learn to stop there."
        fix = Fix(label=f"Stop at {token}", verb="use_template", arguments={"stop_token": token})
        yield _finding("warning", "stop-differs", message, f"{_of(survey.other_stop, survey)} looked at.", fix)
    if survey.untrained_stop.count:
        message = f"The stop token {survey.untrained_stop.said} is read and never learnt: answers would not end."
        answers = Fix(label="Learn the answers", verb="configure", arguments={"train_on": "answers"})
        yield _finding("warning", "stop-not-trained", message, _numbers(survey.untrained_stop), answers)
    if survey.no_stop.count:
        message = f"No stop token is learnt in {_of(survey.no_stop, survey)}: answers may not end."
        evidence = f"What is learnt ends in {survey.no_stop.said!r}; generation stops at {stops}."
        yield _finding("warning", "stop-missing", message, evidence)
    if survey.left.count:
        message = "In use a prompt ends otherwise than it does in training."
        evidence = f"It ends in {survey.left.said!r}, which the whole conversation does not have there."
        yield _finding("warning", "prompt-differs", message, f"{evidence} {_of(survey.left, survey)} looked at.")


def _of_lengths(lengths: TokenLengths, config: ConfigStep, target: str, context: int | None) -> Iterator[Finding]:
    share = lengths.longer_than(config.max_length)
    what, words = cutting_of(target, config.method)
    if what == "keeps" or not share.value or not lengths.counted:
        return
    lost = lengths.left_with_nothing(config.max_length)
    fix = _longer(lengths, context, config.max_length)
    counted = "All rows were counted." if lengths.exact else f"Counted in {lengths.counted:,} of {lengths.rows:,} rows."
    longest = f"The longest has {lengths.longest:,} tokens."
    if (what == "drops" and share.value == 1) or lost == 1:
        message = f"No row would be left: all are longer than {config.max_length:,} tokens."
        if lost == 1:
            message = f"Nothing would be left to learn: no answer begins within {config.max_length:,} tokens."
        yield _finding("error", "nothing-left", message, f"{words} {longest} {counted}", fix)
        return
    severity: Severity = "info" if share.value < _FEW_CUT and what == "cuts" else "warning"
    verb = "left out" if what == "drops" else "cut"
    message = f"{percent(share)} of the rows are longer than {config.max_length:,} tokens and would be {verb}."
    nothing = f" Of {lost:.1%} nothing to learn is left, and those are dropped." if lost and what == "cuts" else ""
    yield _finding(severity, "rows-cut", message, f"{words}{nothing} {longest} {counted}", fix)


def percent(share: Spread) -> str:
    """A share in words: “3.1 %”, or with its range “3.1 % (2.0 – 4.6 %)”."""
    if share.low == share.high:
        return f"{100 * share.value:.1f} %"
    return f"{100 * share.value:.1f} % ({100 * share.low:.1f} – {100 * share.high:.1f} %)"


def _longer(lengths: TokenLengths, context: int | None, now: int) -> Fix | None:
    """The change that cuts nothing, or next to nothing where the longest rows are far longer than the others."""
    most, counted = lengths.longest, 0
    for size, count in lengths.counts:
        counted += count
        if counted >= (1 - _LEFT_CUT) * lengths.counted:
            most = size if lengths.longest > 2 * size else lengths.longest
            break
    wanted = -(-most // _ROUND_TO) * _ROUND_TO
    if context is not None:
        wanted = min(wanted, context)
    if wanted <= now:
        return None
    return Fix(label=f"Allow {wanted:,} tokens", verb="configure", arguments={"max_length": wanted})


def _of(seen: SeenRows, survey: TokenSurvey) -> str:
    return f"{seen.count:,} of {survey.looked_at:,} training rows"


def _numbers(seen: SeenRows) -> str:
    shown = ", ".join(f"{row + 1:,}" for row in seen.rows)
    return f"Among them {'row' if len(seen.rows) == 1 else 'rows'} {shown}."


def _finding(severity: Severity, code: str, message: str, evidence: str, fix: Fix | None = None) -> Finding:
    return Finding(
        severity=severity,
        step="dataset",
        field="dataset.tokens",
        code=code,
        message=message,
        evidence=evidence,
        fix=fix,
    )
