"""What the browser draws, made from a session: the stepper, the menus, the package tree. No rule is decided here.

Advice is imported where it is asked for: the first paint, which needs none, waits for every import at the top.
"""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path
from shlex import quote
from typing import TYPE_CHECKING

from .facts import STEP_IDS, StepId
from .readiness import NotReadyError, blocked
from .screens import Option, SessionView, StepView, UiView

if TYPE_CHECKING:
    from .config_screen import ConfigMenus, ConfigView
    from .dataset_screen import DatasetMenus, RowsView
    from .deploy_screen import DeployMenus, PackageView
    from .package.build import TrainingPackage
    from .seen_screen import LengthsView
    from .session import Session
    from .settings.schema import Settings
    from .steps import DeployStep, SessionState

_TITLES: dict[StepId, tuple[str, str]] = {
    "model": ("Model", "Choose what to start from"),
    "config": ("Config", "Method, knobs, memory"),
    "dataset": ("Dataset", "What it is trained on"),
    "deploy": ("Deploy", "Write the package"),
}


def session_view(session: Session) -> SessionView:
    """The stepper, what undo would take back, and where the session is saved."""
    statuses, autosave = session.statuses, session.autosave
    found = session.choices.refused + session.choices.known
    steps = tuple(
        StepView(
            id=step,
            status=statuses[step],
            title=_TITLES[step][0],
            summary=step_summary(session.state, step) or _TITLES[step][1],
            blocked=blocked(step, statuses, found),
        )
        for step in STEP_IDS
    )
    verdict = session.dataset_verdict if session.state.step == "dataset" else None
    return SessionView(
        steps=steps,
        row_changes=verdict.changes if verdict else (),
        undo=session.undo_label,
        saved_at=autosave.saved_at if autosave else "",
        saved_to=str(autosave.path) if autosave else "",
    )


def step_summary(state: SessionState, step: StepId) -> str:
    """What was chosen in a step, in one line; empty where nothing is."""
    if step == "model" and state.model:
        from .advice.model_findings import model_summary

        return model_summary(state.model)
    if step == "config" and state.config:
        from .advice.knobs import config_summary

        return config_summary(state.config)
    if step == "dataset" and state.dataset:
        from .advice.dataset_findings import dataset_summary

        return dataset_summary(state.dataset)
    if step == "deploy" and state.deploy:
        from .advice.deploy_findings import deploy_summary

        return deploy_summary(state.deploy)
    return ""


def knobs_view(session: Session) -> ConfigView:
    """Which knobs mean something, and what differs from the preset."""
    from .advice.knob_views import config_view
    from .config_screen import ConfigView

    config, model = session.state.config, session.state.model
    if config is None:
        return ConfigView()
    view = config_view(config, session.settings.config, model.info if model else None)
    return view.model_copy(update={"here": session.card_here, "gpus_here": session.gpus_here})


def dataset_rows(session: Session) -> RowsView:
    """The first rows of the dataset."""
    if getattr(session.choices.rows, "unseen", False):
        return RowsView()
    return session.page(0, session.settings.dataset.preview_rows)


def tokens_view(session: Session) -> LengthsView:
    """How long the training rows are in tokens, as far as that was counted."""
    from .lengths_view import lengths_view

    return lengths_view(session)


def package_view(session: Session) -> PackageView:
    """The files of the package as it stands; empty while something would stop it."""
    from .deploy_screen import FileView, PackageView

    deploy, folder = session.state.deploy, session.settings.deploy.folder
    try:
        package = session.package
    except NotReadyError:
        return PackageView(folder=folder, proven=_proven(session))
    written = (deploy.written_to if deploy else None) or ""
    return PackageView(
        files=tuple(FileView(path=f.path, bytes=f.bytes, about=f.about) for f in package.files),
        command=_start(written, package, deploy),
        folder=folder,
        written_to=written,
        proven=_proven(session),
    )


def _proven(session: Session) -> str:
    from .package.targets.proven import proven_words

    deploy, config = session.state.deploy, session.state.config
    target = session.settings.deploy.targets.get(deploy.target) if deploy else None
    if deploy is None or config is None or target is None:
        return ""
    return proven_words(deploy.target, target.label, target.version, config.method, config.tuning)


def _start(written: str, package: TrainingPackage, deploy: DeployStep | None) -> str:
    """The one line that starts the run of a written package: here, in an environment made first, or where it says."""
    if not written:
        return package.command
    folder = Path(written)
    archive, name = quote(folder.name), quote(package.name)
    unpack = f"cd {quote(str(folder.parent))} && python3 -m zipfile -e {archive} . && cd {name}"
    enter = unpack if folder.suffix == ".zip" else f"cd {quote(written)}"
    if deploy is not None and deploy.launcher != "local":
        from .package.launch.remote import command_there

        there = command_there(deploy, deploy.launch.flavor, deploy.launch.timeout_hours)
        return f"{enter} && {there}" if there else ""
    return f"{enter} && {package.manifest.environment} && .venv/bin/{package.command}"


def ui_view(settings: Settings) -> UiView:
    """The menus and timings of the frame and the model step."""
    search, sizes = settings.model.search, settings.model.size_categories
    return UiView(
        debounce_ms=search.debounce_ms,
        min_characters=search.min_characters,
        poll_after_ms=settings.shared.work.poll_after_ms,
        sort_options=tuple(Option(value=o.value, label=o.label) for o in settings.model.sort_options),
        size_options=(
            Option(value="small", label=f"Up to {sizes.small_gb:g} GB"),
            Option(value="medium", label=f"{sizes.small_gb:g} to {sizes.medium_gb:g} GB"),
            Option(value="large", label=f"{sizes.medium_gb:g} to {sizes.large_gb:g} GB"),
        ),
        show_filters=settings.model.features.filters,
    )


def config_menus(settings: Settings) -> ConfigMenus:
    """The menus of the config step."""
    from .advice.knob_views import knob_words
    from .config_screen import ConfigMenus

    config = settings.config
    return ConfigMenus(
        knobs=knob_words(config),
        groups=tuple(Option(value=name, label=label) for name, label in config.knob_groups.items()),
        presets=tuple(Option(value=k, label=p.label, hint=p.hint) for k, p in config.presets.items()),
        gpus=tuple(Option(value=g.name, label=g.name, hint=f"{g.memory_mib / 1024:.0f} GiB") for g in config.gpus),
    )


def dataset_menus(settings: Settings) -> DatasetMenus:
    """The menus of the dataset step."""
    from .dataset_screen import DatasetMenus
    from .steps import FORMAT_LABELS

    return DatasetMenus(
        formats=tuple(Option(value=value, label=label) for value, label in FORMAT_LABELS.items()),
        file_types=tuple(settings.dataset.file_types),
    )


def deploy_menus(settings: Settings) -> DeployMenus:
    """The menus of the deploy step."""
    from .deploy_screen import DeployMenus

    deploy = settings.deploy
    return DeployMenus(
        targets=tuple(Option(value=k, label=f"{t.label} {t.version}") for k, t in deploy.targets.items()),
        launchers=tuple(Option(value=k, label=one.label, hint=one.needs) for k, one in deploy.launchers.items()),
    )


def later_screens() -> str:
    """The steps after the first, as the text of a module that the browser runs."""
    return (files("trainpkg_widgets") / "static" / "later.js").read_text(encoding="utf-8")
