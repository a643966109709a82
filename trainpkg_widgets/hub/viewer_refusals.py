"""What the dataset viewer means when it does not answer: it is not ready, or it does not show this dataset. Pure."""

from __future__ import annotations

from .errors import GatedError, HubError, HubRefusedError, NotFoundError, NotReadyError

_LOAD = "Load it in a cell with datasets.load_dataset, and choose the variable."

# X-Error-Code of its answers (dataset-viewer @f62009e, libs/libcommon/src/libcommon/exceptions.py and its services).
_NOT_SHOWN = {
    "DatasetInBlockListError": "The dataset viewer has been switched off for this dataset.",
    "DatasetWithTooManyConfigsError": "This dataset has more configurations than the dataset viewer reads.",
    "DatasetWithScriptNotSupportedError": "This dataset is made by a script, which nothing here runs.",
    "DatasetManualDownloadError": "This dataset has to be downloaded by hand.",
    "EmptyDatasetError": "This dataset is empty.",
    "DataFilesNotFoundError": "This dataset has no data files.",
    "StreamingRowsError": "The dataset viewer can't read the rows of this dataset.",
    "ConfigNamesError": "The dataset viewer can't read this dataset.",
    "SplitNamesFromStreamingError": "The dataset viewer can't read this dataset.",
    "FeaturesError": "The dataset viewer can't read this dataset.",
    "NormalRowsError": "The dataset viewer can't read the rows of this dataset.",
}


def viewer_refusal(code: str, seen: str) -> HubError | None:
    """The error that an X-Error-Code of the viewer means; None where it is none of its own."""
    if code in ("ResponseNotReady", "ResponseNotReadyError"):
        return NotReadyError(
            "The dataset viewer has not looked at this dataset yet.",
            evidence=seen,
            hint=f"Try again in a few minutes. Or: {_LOAD[0].lower()}{_LOAD[1:]}",
        )
    if code in _NOT_SHOWN:
        return HubRefusedError(_NOT_SHOWN[code], evidence=seen, hint=_LOAD)
    if code == "ExternalUnauthenticatedError":
        return GatedError(
            "This dataset is gated, private or not there; which, the viewer tells only to those who are signed in.",
            access="no_token",
            evidence=seen,
            hint="Check the spelling; for a gated one accept its terms on its page and set HF_TOKEN.",
        )
    if code == "ExternalAuthenticatedError":
        return GatedError(
            "This dataset is not there, or your token may not read it.",
            access="not_accepted",
            evidence=seen,
            hint="Check the spelling; for a gated one accept its terms on its page.",
        )
    if code in ("ConfigNotFound", "ConfigNotFoundError", "SplitNotFound", "SplitNotFoundError", "ResponseNotFound"):
        return NotFoundError(
            "The dataset viewer has no such part of this dataset.",
            what="file",
            evidence=seen,
            hint="Choose another configuration or split.",
        )
    return None
