"""What each intent does to a session, and what it answers. Running it is `dispatch.py` and `work.py`."""

from __future__ import annotations

from threading import Event
from typing import TYPE_CHECKING, Any

from . import wire
from .views import later_screens
from .wire import Answer, Trouble

if TYPE_CHECKING:
    from .facts import Finding
    from .session import Session
    from .steps import DatasetStep

# These finish within a few milliseconds and must keep their order, so they run where they arrive.
QUICK = frozenset({"look_up", "state_use", "withdraw", "configure", "go_to", "undo", "choose_gpu", "deploy_to"})

# These may wait for the Hub: a model's tokenizer is fetched when it is first asked.
NETWORK = frozenset(
    {
        "ask_prices",
        "search",
        "search_datasets",
        "load_more",
        "select_model",
        "import_config",
        "details",
        "launch",
        "push_package",
        "plan_launch",
        "see_row",
        "count_tokens",
        "use_template",
    }
)

# Of these only the newest matters: an earlier one still under way is cancelled.
LATEST_WINS = frozenset(
    {
        "plan_launch",
        "search",
        "select_model",
        "details",
        "use_dataset",
        "list_sources",
        "preview_rows",
        "see_row",
        "count_tokens",
    }
)


def waits_for_hub(session: Session, payload: Any) -> bool:
    """Whether an intent may wait for the Hub: some do always, some where their rows are the Hub's."""
    chosen = session.state.dataset
    match payload:
        case wire.UseDatasetIntent(hub=None, mix=None, path=None, variable=None) | wire.PreviewRowsIntent():
            return _is_of_hub(chosen)
        case wire.UseDatasetIntent():
            return payload.hub is not None or any("hub" in part for part in payload.mix or ())
        case wire.ResumeIntent():
            return session.saved is not None and _is_of_hub(session.saved.state.dataset)
    return payload.kind in NETWORK


def _is_of_hub(dataset: DatasetStep | None) -> bool:
    if dataset is None:
        return False
    return dataset.source.kind == "hub" or any(part.source.kind == "hub" for part in dataset.parts)


_NOT_YET = {"launch": "The run can't be launched yet.", "push_package": "The package can't be pushed yet."}


def carry_out(session: Session, id: str, payload: Any, cancelled: Event) -> Answer:
    """Do what `payload` (one of the intents of `wire.py`) asks. Refusals are findings; misuse is an error answer."""
    try:
        findings, result = _do(session, payload, cancelled)
    except Exception as error:
        trouble, found = _trouble(payload, error)
        if trouble is None:
            raise
        return Answer(id=id, kind="error", findings=found, trouble=trouble)
    return Answer(id=id, kind="result", findings=tuple(findings), payload=result)


def _trouble(payload: Any, error: Exception) -> tuple[Trouble | None, tuple[Finding, ...]]:
    """What went wrong, in words; None where it is no misuse but a mistake of ours."""
    from .hub.uploads import UploadCancelledError, UploadRefusedError
    from .package.build import DataChangedError, PackageExists
    from .package.launch.run import RunFinishedError, RunStillOnError, RunUnknownError
    from .package.launch.start import CannotLaunchError
    from .readiness import NotReadyError

    match error:
        case NotReadyError(findings=found):
            message = _NOT_YET.get(payload.kind, "The package can't be built yet.")
            hint = found[0].message if found else ""
            return Trouble(code="not-ready", message=message, hint=hint), found
        case PackageExists():
            message = f"There is something at {error.path} already, and it was left as it is."
            return Trouble(code="package-exists", message=message, hint=error.hint), ()
        case CannotLaunchError() | RunUnknownError() | RunStillOnError() | RunFinishedError() | UploadRefusedError():
            return Trouble(code="cannot-launch", message=str(error)), ()
        case UploadCancelledError():
            return Trouble(code="cancelled", message=str(error)), ()
        case DataChangedError():
            hint = "Choose the dataset again."
            return Trouble(code="file-not-readable", message=str(error.args[0]), hint=hint), ()
        case KeyError():
            hint = "Choose a file of the list."
            return Trouble(code="file-not-readable", message=str(error.args[0]), hint=hint), ()
        case OSError():
            place = f" ({error.filename})" if error.filename else ""
            message = f"The disk refused: {error.strerror or type(error).__name__}{place}."
            return Trouble(code="disk", message=message, hint="Choose another folder, or make room, and try again."), ()
    return None, ()


def _do(session: Session, payload: Any, cancelled: Event) -> tuple[list[Finding], dict[str, Any]]:
    nothing: dict[str, Any] = {}
    match payload:
        case wire.SearchIntent():
            filters = payload.filters.model_dump(exclude_defaults=True)
            session.search(payload.query, sort=payload.sort, cancelled=cancelled, **filters)
            return [], nothing
        case wire.LoadMoreIntent():
            session.load_more(cancelled=cancelled)
            return [], nothing
        case wire.SelectModelIntent():
            return session.select_model(
                payload.repo_id, payload.revision, confirmed=payload.confirmed, cancelled=cancelled
            ), nothing
        case wire.LookUpIntent():
            session.searching.start(payload.query, payload.filters, payload.sort, cancelled, ask_hub=False)
            return [], nothing
        case wire.DetailsIntent():
            return _details(session, payload, cancelled)
        case wire.StateUseIntent():
            return session.state_use(payload.use), nothing
        case wire.WithdrawIntent():
            return session.withdraw(payload.step), nothing
        case wire.ConfigureIntent():
            return session.configure(**payload.changes), nothing
        case wire.ImportConfigIntent():
            return session.import_config(payload.path, text=payload.text, method=payload.method or None), nothing
        case wire.UseDatasetIntent():
            said = payload.model_dump(exclude={"kind"}, exclude_none=True)
            return session.use_dataset(cancelled=cancelled, **said), nothing
        case wire.SearchDatasetsIntent():
            return [], {"datasets": session.search_datasets(payload.query, cancelled).model_dump(mode="json")}
        case wire.LoadScreensIntent():
            return [], {"module": later_screens()}
        case wire.ListSourcesIntent():
            return [], {"sources": [s.model_dump(mode="json") for s in session.sources()]}
        case wire.PreviewRowsIntent():
            return [], {"rows": session.page(payload.offset, payload.limit).model_dump(mode="json")}
        case wire.SeeRowIntent():
            seen = session.see(payload.row, payload.part, cancelled=cancelled)
            templates = session.tokenizing.template_options()
            return [], {"seen": seen.model_dump(mode="json"), "templates": [t.model_dump() for t in templates]}
        case wire.CountTokensIntent():
            session.count_tokens(payload.exact, cancelled=cancelled)
            return [], nothing
        case wire.UseTemplateIntent():
            return session.use_template(payload.template, payload.stop_token), nothing
        case wire.WhatNeededIntent():
            return [], {"needs": session.what_would_i_need().model_dump(mode="json")}
        case wire.AskPricesIntent():
            return [], {"prices": session.prices(cancelled=cancelled).model_dump(mode="json")}
        case wire.ChooseGpuIntent():
            return session.choose_gpu(payload.name, payload.count), nothing
        case wire.DeployToIntent():
            return session.deploy_to(payload.name, payload.target, payload.launcher, **payload.launch), nothing
        case wire.PreviewFileIntent():
            text, truncated = session.package.preview(payload.path)
            return [], {"path": payload.path, "text": text, "truncated": truncated}
        case wire.WritePackageIntent():
            return [], {"written_to": str(session.write_package(payload.folder, archive=payload.archive))}
        case wire.LaunchIntent():
            return [], {"run": session.launching.launch(payload.folder, cancelled).id}
        case wire.PushPackageIntent():
            pushed = session.launching.push(payload.folder, cancelled)
            return [], {"repo_id": pushed.repo_id, "url": pushed.url}
        case wire.PlanLaunchIntent():
            return [], {"plan": session.launching.plan()}
        case wire.StopRunIntent():
            session.stop_run(payload.now)
            return [], nothing
        case wire.ResumeRunIntent():
            return [], {"run": session.resume_run(payload.id).id}
        case wire.ReadLogIntent():
            run = session.run
            lines = session.settings.deploy.runs.log_lines
            return [], {"text": run.log(lines) if run else "", "path": str(run.log_path) if run else ""}
        case wire.GoToIntent():
            return session.go_to(payload.step), nothing
        case wire.ResumeIntent():
            return session.resume(), nothing
        case wire.UndoIntent():
            return session.undo(), nothing
    raise AssertionError(f"no such intent: {payload!r}")


def _details(session: Session, payload: wire.DetailsIntent, cancelled: Event) -> tuple[list[Finding], dict[str, Any]]:
    from .advice.model_facts import details_view

    found = session.details(payload.repo_id, cancelled=cancelled)
    if isinstance(found, list):
        return found, {}
    view = details_view(found, session.settings.model.hub.endpoint)
    return session.models.outside(found.info), {"details": view.model_dump(mode="json")}
