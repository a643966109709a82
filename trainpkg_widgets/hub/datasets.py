"""The datasets of the Hub: found, opened at one commit, and rows of them shown by the dataset viewer.

Nothing is downloaded: how many rows there are is told from the viewer's metadata, and what they are like from a sample.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from threading import Event
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from ..data.errors import DataError
from ..data.joined_rows import TRAIN_SPLITS
from ..data.rows import Features, Row
from ..dataset_screen import DatasetCard, DatasetResults
from ..facts import Finding
from ..steps import DatasetSource, DatasetStep, MixturePart
from .dataset_reference import read_dataset_reference
from .dataset_viewer import DatasetViewer, Size
from .errors import GatedError, HubCancelledError, HubError, NotFoundError
from .licences import licence_of_card

if TYPE_CHECKING:
    from ..dataset_opening import Opener
    from ..dataset_wanted import RowsWanted
    from ..settings.dataset_settings import DatasetSettings
    from .client import HubClient

# What a list of datasets is asked for: huggingface_hub 2.4 and the Hub know more, and all of it costs more.
_EXPAND = ("downloads", "likes", "gated", "lastModified", "description")
_PAGE = 100
_MOST_ABOUT = 160


class HubRows:
    """Some rows of a split of a Hub dataset; `numbers` says where each of them stands (zero-based) in the whole.

    `cut` are rows of which a cell was cut: they are shown, and not judged.
    """

    def __init__(
        self,
        source: DatasetSource,
        viewer: DatasetViewer,
        sample: Mapping[int, Row],
        size: Size,
        limits_columns: int,
        eval_rows: int = 0,
        cut: Mapping[int, Row] | None = None,
    ) -> None:
        self.source = source
        self.count = size.rows + eval_rows
        self.eval_rows = eval_rows
        self.bytes = size.bytes
        self._sample = dict(sample)
        self._size = size
        self._at_hand = {**self._sample, **(cut or {})}
        self._viewer = viewer
        self.leave_out(())
        features = Features(limits_columns)
        for row in self._sample.values():
            features.add(row)
        self.features = features.words()
        self.sha256 = _sha256(source)

    def leave_out(self, numbers: Iterable[int]) -> None:
        """Take some rows out of the sample; where they stand stays as it is."""
        for number in numbers:
            del self._sample[number]
        self.numbers = tuple(self._sample)
        # How many rows each of the sample stands for.
        self.shares = (self._size.rows / max(len(self._sample), 1),) * len(self._sample)

    def __iter__(self) -> Iterator[Row]:
        return iter(self._sample.values())

    def page(self, offset: int, limit: int) -> list[Row]:
        """Up to `limit` rows from row `offset` (zero-based) on: those at hand, or as the viewer shows them.

        Row n of the dataset is row n - `offset` of these: one that can't be read is empty. At the start it is left at
        those at hand, for they are shown when the dataset is chosen.

        Raises:
            DataError: the viewer shows none.
        """
        wanted = range(offset, min(offset + limit, self.count - self.eval_rows))
        found = self._at_hand
        if not all(number in found for number in wanted) and not (offset == 0 and 0 in found):
            try:
                source = self.source
                shown = self._viewer.rows(source.name, source.config or "", source.split or "", offset, len(wanted))
            except HubError as error:
                raise trouble(error, self.source.name) from None
            # What was shown once is asked for no more; a person looks at some pages, not at all of them.
            found = self._at_hand = {**found, **shown}
        last = max((number for number in wanted if number in found), default=-1)
        return [found.get(number, {}) for number in wanted if number <= last]


class UnseenRows:
    """Rows of the Hub that an earlier session chose, at their commit: known, and not asked for yet.

    `sha256` and the columns are as they were; rows themselves are shown as far as the viewer answers.
    """

    unseen = True
    numbers = ()

    def __init__(self, step: DatasetStep | MixturePart, viewer: Callable[[], HubClient | None]) -> None:
        self.source, self.count, self.sha256 = step.source, step.rows, _sha256(step.source)
        self.features = step.features if isinstance(step, DatasetStep) else {}
        self.bytes = step.bytes if isinstance(step, DatasetStep) else 0
        self.eval_rows = step.eval_rows if isinstance(step, DatasetStep) else 0
        self._viewer = viewer

    def __iter__(self) -> Iterator[Row]:
        return iter(())

    def page(self, offset: int, limit: int) -> list[Row]:
        """As `HubRows.page`."""
        client = self._viewer()
        if client is None:
            raise no_viewer(self.source.name)
        size = Size(rows=self.count - self.eval_rows, bytes=self.bytes)
        return HubRows(self.source, DatasetViewer(client), {}, size, 0, self.eval_rows).page(offset, limit)


def _sha256(source: DatasetSource) -> str:
    where = f"{source.name}@{source.revision} {source.config} {source.split}"
    return hashlib.sha256(where.encode()).hexdigest()


def no_viewer(repo_id: str) -> DataError:
    """Why rows of the Hub are not shown where no viewer is set."""
    return DataError(
        "viewer-none",
        "No dataset viewer is set for this Hub, so rows of its datasets can't be shown.",
        f"Load it in a cell, rows = datasets.load_dataset({repo_id!r}, split='train'), and choose rows; or set "
        "viewer.endpoint in step3_dataset.yaml.",
    )


def search_datasets(query: str, opener: Opener) -> DatasetResults:
    """Datasets whose id holds every word of `query`, the most downloaded first, in one request."""
    words = " ".join(query.split())
    params = [("search", words), ("sort", "downloads"), ("limit", str(opener.settings.viewer.search_results))]
    params += [("expand", name) for name in _EXPAND]
    try:
        answer = opener.hub().get_json("/api/datasets", params, cancelled=opener.cancelled)
    except HubError as error:
        return DatasetResults(query=query, notice=_notice(error.code, error.message, error.evidence, error.hint))
    rows = answer.body if isinstance(answer.body, list) else []
    cards = tuple(card for row in rows if (card := _card(row)) is not None)
    notice = None
    if answer.stale:
        age = f"It is {answer.age_seconds / 60:.0f} minutes old."
        notice = _notice("stale", "The Hub does not answer, and an old answer is shown.", age, "")
    return DatasetResults(query=query, cards=cards, notice=notice)


def open_hub_dataset(
    name: str,
    wanted: RowsWanted,
    hub: HubClient,
    viewer_client: HubClient | None,
    settings: DatasetSettings,
    cancelled: Event | None,
) -> HubRows:
    """A split of a dataset at the commit that its revision stands for now, and a sample of its rows.

    Raises:
        DataError: it is not there or not open to this token, has no such configuration or split, or the viewer shows
            no rows of it.
    """
    repo_id, in_name = read_dataset_reference(name, hub.endpoint)
    revision = wanted.revision or in_name or "main"
    try:
        body = hub.get_json(f"/api/datasets/{repo_id}/revision/{quote(revision, safe='')}", cancelled=cancelled).body
    except HubError as error:
        raise trouble(error, repo_id) from None
    sha = body.get("sha") if isinstance(body, dict) else None
    if not isinstance(sha, str):
        raise DataError("hub-not-json", "What came is no dataset of the Hub.", "Check the endpoint of the settings.")
    if viewer_client is None:
        raise no_viewer(repo_id)
    viewer = DatasetViewer(viewer_client, cancelled)
    try:
        return _opened(repo_id, sha, wanted, viewer, settings, licence_of_card(body.get("cardData")).value)
    except HubError as error:
        raise trouble(error, repo_id) from None


def trouble(error: HubError, repo_id: str) -> DataError:
    """Why a dataset could not be opened, as an error of the dataset step."""
    if isinstance(error, HubCancelledError):
        return DataError("cancelled", "It was not waited for.")
    if isinstance(error, GatedError):
        return DataError(
            "dataset-gated", f"{repo_id} is gated and its rows are not open to you.", error.hint, error.evidence
        )
    if isinstance(error, NotFoundError) and error.what == "repository":
        message = f"There is no dataset {repo_id}, or it is private."
        return DataError("dataset-missing", message, error.hint, error.evidence)
    return DataError(error.code, error.message, error.hint, error.evidence)


def _opened(
    repo_id: str,
    sha: str,
    wanted: RowsWanted,
    viewer: DatasetViewer,
    settings: DatasetSettings,
    licence: str | None,
) -> HubRows:
    able = viewer.is_valid(repo_id)
    if not able.preview and not able.viewer:
        raise DataError(
            "viewer-no-rows",
            f"The dataset viewer shows no rows of {repo_id}.",
            f"Load it in a cell, rows = datasets.load_dataset({repo_id!r}, split='train'), and choose rows.",
            "It says so itself (/is-valid); it reads what datasets can load without code.",
        )
    config, split, splits = _place(repo_id, wanted, viewer.splits(repo_id))
    size = viewer.size(repo_id, config, split)
    held_back = viewer.size(repo_id, config, wanted.eval_split) if wanted.eval_split else None
    sample, cut = _sample(viewer, (repo_id, config, split), size.rows, able.viewer, settings)
    kind = "a sample, shown by the dataset viewer"
    if size.estimated:
        kind += "; the number of rows is an estimate"
    source = DatasetSource(
        kind="hub",
        name=repo_id,
        container=kind,
        revision=sha,
        config=config,
        split=split,
        splits=splits,
        licence=licence,
    )
    return HubRows(source, viewer, sample, size, settings.limits.columns, held_back.rows if held_back else 0, cut)


def _place(repo_id: str, wanted: RowsWanted, there: tuple[tuple[str, str], ...]) -> tuple[str, str, tuple[str, ...]]:
    """The configuration and the split that are meant, and all splits of that configuration."""
    configs = list(dict.fromkeys(config for config, _ in there))
    config = wanted.config or ("default" if "default" in configs else configs[0])
    splits = tuple(split for of, split in there if of == config)
    if not splits:
        raise DataError(
            "config-missing",
            f"{repo_id} has no configuration “{config}”.",
            "Choose one of those that there are.",
            f"Its configurations are {', '.join(configs[:20])}{' …' if len(configs) > 20 else ''}.",
        )
    split = wanted.split or next((name for name in TRAIN_SPLITS if name in splits), splits[0])
    for name in (split, wanted.eval_split):
        if name is not None and name not in splits:
            raise DataError(
                "split-missing",
                f"{repo_id} has no split “{name}”.",
                "Choose one of those that there are.",
                f"Its splits are {', '.join(splits)}.",
            )
    if split == wanted.eval_split:
        raise DataError("split-twice", f"The split “{split}” can't be trained on and held back at once.", "")
    return config, split, splits


def _sample(
    viewer: DatasetViewer, place: tuple[str, str, str], count: int, pages: bool, settings: DatasetSettings
) -> tuple[dict[int, Row], dict[int, Row]]:
    """Rows from places spread over the split, by their numbers, and those that were cut; the first hundred where no
    others are shown.
    """
    if not pages:
        return viewer.first_rows(*place)
    wanted = min(settings.viewer.sample_rows, count)
    places = max(1, min(settings.viewer.pages, wanted))
    each = min(_PAGE, -(-wanted // places))
    starts = sorted({round(n * max(count - each, 0) / max(places - 1, 1)) for n in range(places)})
    found: dict[int, Row] = {}
    for start in starts:
        found.update(viewer.rows(*place, start, each))
    return found, {}


def _card(row: Any) -> DatasetCard | None:
    if not isinstance(row, dict) or not isinstance(row.get("id"), str):
        return None
    about = row.get("description")
    updated = row.get("lastModified")
    return DatasetCard(
        id=row["id"],
        downloads=_count(row.get("downloads")),
        likes=_count(row.get("likes")),
        gated=bool(row.get("gated")),
        updated=updated[:10] if isinstance(updated, str) else "",
        about=" ".join(about.split())[:_MOST_ABOUT] if isinstance(about, str) else "",
    )


def _count(value: Any) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def _notice(code: str, message: str, evidence: str, hint: str) -> Finding:
    seen = " ".join(part for part in (evidence, hint) if part)
    return Finding(
        severity="warning", step="dataset", field="dataset.source", code=code, message=message, evidence=seen
    )
