"""Whether packed rows fill a block in LLaMA-Factory, which ends a run where those trained on or held back fill none."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from ..facts import Finding, Fix
from .training_shape import kept_rows

if TYPE_CHECKING:
    from ..steps import ConfigStep, DatasetStep
    from .token_lengths import TokenLengths

# LLaMA-Factory 0.9.5, PretrainDatasetProcessor: it joins the tokens of so many rows at a time, keeps whole blocks of
# cutoff_len, and where there are none it stops with “Cannot find sufficient samples”.
_JOINED = 1000
# Of these the bytes that are known are those of the text itself.
_AS_TEXT = (".jsonl", ".ndjson", ".json", ".csv", ".tsv")


def unfilled_blocks(config: ConfigStep, dataset: DatasetStep, lengths: TokenLengths | None = None) -> Finding | None:
    """That LLaMA-Factory would stop, or that it may; None where it would not, or where that is not known.

    Without `lengths` it is known where all rows together have fewer bytes than a block has tokens.
    """
    if config.method != "cpt" or not config.packing or dataset.rows < 1:
        return None
    return min(_unfilled(config, dataset, lengths), key=lambda finding: finding.severity == "warning", default=None)


def _unfilled(config: ConfigStep, dataset: DatasetStep, lengths: TokenLengths | None) -> Iterator[Finding]:
    kept = kept_rows(dataset)
    held_back = dataset.eval_rows if dataset.eval_split else round(kept * dataset.eval_share)
    for rows, which in ((kept - (0 if dataset.eval_split else held_back), "trained on"), (held_back, "held back")):
        joined = min(rows, _JOINED)
        most = _most_tokens(dataset) if lengths is None else lengths.most_in(joined)
        likely = most if lengths is None else lengths.mean.high * joined
        if not joined or not 0 < likely < config.max_length:
            continue
        stops = most < config.max_length
        at_a_time = "joined at a time" if rows > _JOINED else which
        some = (
            f"about {likely:,.0f} tokens, and {most:,} at most"
            if lengths is not None
            else f"no more than {most:,} tokens, as each takes a byte at least"
        )
        yield Finding(
            severity="error" if stops else "warning",
            step="deploy",
            field="deploy.target",
            code="packing-fills-nothing",
            message=f"The rows that are {which} {'do' if stops else 'may'} not fill one block of "
            f"{config.max_length:,} tokens. LLaMA-Factory leaves out what fills none, and stops where that is all: "
            "“Cannot find sufficient samples”.",
            evidence=f"The {joined:,} that are {at_a_time} have {some}.",
            fix=Fix(label="Do not pack", verb="configure", arguments={"packing": False}),
        )


def _most_tokens(dataset: DatasetStep) -> int:
    """Tokens of all rows at most: one for each byte, and one that ends each; 0 where that is not known."""
    source = dataset.source
    if source.kind != "variable" and not (source.path or "").lower().endswith(_AS_TEXT):
        return 0
    return dataset.bytes + dataset.rows
