"""Whether packed rows fill a block in LLaMA-Factory, which ends a run where those trained on or held back fill none."""

from __future__ import annotations

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
    """That LLaMA-Factory would stop; None where it would not, or where that is not known.

    Without `lengths` it is known where even one token for each byte would not do.
    """
    if config.method != "cpt" or not config.packing or dataset.rows < 1:
        return None
    kept = kept_rows(dataset)
    held_back = dataset.eval_rows if dataset.eval_split else round(kept * dataset.eval_share)
    of_row = lengths.mean.high if lengths is not None else _most_tokens(dataset)
    for rows, which in ((kept - (0 if dataset.eval_split else held_back), "trained on"), (held_back, "held back")):
        tokens = of_row * min(rows, _JOINED)
        if not 0 < tokens < config.max_length:
            continue
        return Finding(
            severity="error",
            step="deploy",
            field="deploy.target",
            code="packing-fills-nothing",
            message=f"The rows that are {which} do not fill one block of {config.max_length:,} tokens, and "
            "LLaMA-Factory leaves out what fills none: the run would stop with “Cannot find sufficient samples”.",
            evidence=f"{rows:,} {'row has' if rows == 1 else 'rows have'} at most about {tokens:,.0f} tokens in all.",
            fix=Fix(label="Do not pack", verb="configure", arguments={"packing": False}),
        )
    return None


def _most_tokens(dataset: DatasetStep) -> float:
    """Tokens that a row has at most on average: one for each byte, and one that ends it; 0 where that is not known."""
    source = dataset.source
    if source.kind != "variable" and not (source.path or "").lower().endswith(_AS_TEXT):
        return 0
    return dataset.bytes / dataset.rows + 1
