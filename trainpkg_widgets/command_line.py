"""The commands of `trainpkg`: verify, diff, versions, check, demo."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Sequence
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING

from . import __version__
from .facts import Finding, StepId, errors_in

if TYPE_CHECKING:
    from .session import Session

DEMO_MODEL = "Qwen/Qwen2.5-0.5B-Instruct"
DEMO_ROWS = "support_chats.jsonl"


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command that `arguments` (those of the process where None) name; 0 when all is well, 1 when not."""
    parser = argparse.ArgumentParser(prog="trainpkg", description="Training packages: check one, or see one made.")
    parser.add_argument("--version", action="version", version=f"trainpkg_widgets {__version__}")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    verify = commands.add_parser("verify", help="check a written package: hashes, schema, config, secrets")
    verify.add_argument("path", type=Path, help="the package: a folder or a zip")
    verify.add_argument("--hub", action="store_true", help="ask the Hub whether what is pinned can still be had")
    verify.add_argument("--trainer", metavar="PYTHON", help="a Python with the trainer, whose own parser is asked")
    verify.add_argument("--no-trainer", action="store_true", help="ask no trainer, though it is installed")
    diff = commands.add_parser("diff", help="say what changed from one package to another")
    diff.add_argument("before", type=Path, help="a package: a folder or a zip")
    diff.add_argument("after", type=Path, help="another")
    versions = commands.add_parser("versions", help="list the versions of packages in a folder")
    versions.add_argument("folder", type=Path, nargs="?", default=Path("training-packages"))
    check = commands.add_parser("check", help="say what a trainer would make of a config (YAML) as it stands")
    check.add_argument("config", type=Path, help="a config of TRL, Axolotl or LLaMA-Factory")
    check.add_argument("--method", help="the method a TRL config is for (sft, dpo, …); guessed where it is not said")
    check.add_argument("--folder", type=Path, help="what relative paths start from; the file's own folder by default")
    demo = commands.add_parser("demo", help="make a package from a built-in model and rows that ship, and check it")
    demo.add_argument("out", type=Path, help="the folder to write the package into")
    given = parser.parse_args(arguments)
    if given.command == "diff":
        return _diff(given.before, given.after)
    if given.command == "versions":
        return _versions(given.folder)
    if given.command == "check":
        return _check(given.config, given.method, given.folder)
    if given.command == "verify":
        trainer = None if given.no_trainer else given.trainer or _trainer_of(given.path)
        return _verify(given.path, given.hub, trainer)
    return _demo(given.out)


def _trainer_of(path: Path) -> str | None:
    """A Python that has the trainer of a package; where there is none, that is said."""
    from .package.ask_trainer import ASKED
    from .package.manifest import ManifestError
    from .package.reading import UnreadablePackageError, manifest_of, open_package
    from .package.trainer_parser import python_with_trainer
    from .settings import load_settings

    settings = load_settings().deploy
    try:
        with open_package(path) as reader:
            manifest = manifest_of(reader)
            python = python_with_trainer(reader, manifest, settings)
    except (UnreadablePackageError, ManifestError, OSError):
        return None  # What is wrong with it is said by `verify`.
    target = manifest.target
    known = settings.targets.get(target.name)
    label = f"{known.label if known else target.name} {target.version}"
    if python is None:
        print(
            f"{label} was not asked: it has no parser, its package holds a script."
            if target.name not in ASKED
            else f"{label} was not asked: it is not installed here. `--trainer PYTHON` names a Python that has it."
        )
        return None
    print(f"{label} is asked whether it takes the config, in {python} …")
    return str(python)


def _verify(path: Path, hub: bool = False, trainer: str | None = None) -> int:
    from .package.verify import verify_package
    from .settings import load_settings

    settings = load_settings()
    client = None
    if hub:
        from .hub.client import HubClient

        client = HubClient(settings.model.hub, None)
    seconds = settings.deploy.trainer_seconds
    findings = verify_package(path, client=client, trainer=trainer, trainer_seconds=seconds)
    if not findings:
        taken = ", its trainer takes the config" if trainer else ""
        kept = f"Hashes, schema, config and rows are as they were written{taken}, and no secret is in it."
        print(f"{path}: all is well. {kept}")
        return 0
    print(f"{path}: {len(findings)} {'thing is' if len(findings) == 1 else 'things are'} wrong.")
    _print_findings(findings)
    return 1


def _diff(before: Path, after: Path) -> int:
    from .package.diff import diff_packages
    from .package.manifest import ManifestError
    from .package.reading import UnreadablePackageError
    from .package.verify import verify_package

    try:
        changes = diff_packages(before, after)
    except (UnreadablePackageError, ManifestError) as error:
        print(error, file=sys.stderr)
        return 2
    for change in changes:
        print(f"{change.step}: {change.says}")
    # What was compared is what each says of itself.
    broken = [place for place in dict.fromkeys((before, after)) if verify_package(place)]
    for place in broken:
        print(f"{place} no longer matches its manifest: run `trainpkg verify {place}`.")
    if not changes:
        print("The manifests say the same." if broken else "Nothing differs.")
    return 1 if changes or broken else 0


def _versions(folder: Path) -> int:
    from .package.names import versions_in

    found = versions_in(folder)
    for version in found:
        print(f"{version.base}  v{version.number}  {f'draft of {version.draft}' if version.draft else ''}".rstrip())
    if not found:
        print(f"There is no package with a version in {folder}.")
    return 0


def _check(config: Path, method: str | None, folder: Path | None) -> int:
    from .session import Session

    session = Session(autosave=False)
    session.import_config(config, method=method, folder=folder)
    findings = [finding for finding in session.findings if finding.severity != "info"]
    _print_findings(findings)
    stopped = bool(errors_in(findings))
    print(f"{config}: {'it would stop' if stopped else 'it runs, and does harm' if findings else 'ready'}.")
    return 1 if stopped else 0


def _demo(out: Path) -> int:
    from .package.build import PackageExists, PackageRefusedError
    from .readiness import NotReadyError
    from .session import Session
    from .settings import load_settings
    from .views import step_summary

    # One look at the Hub is enough: where it does not answer, the built-in catalogue knows this model.
    settings = load_settings(model={"hub": {"retries": 0}, "features": {"access_check": False}})
    session = Session(settings, autosave=False)
    with resources.as_file(resources.files(__package__).joinpath("examples").joinpath(DEMO_ROWS)) as rows:
        steps: tuple[tuple[StepId, Callable[[], list[Finding]]], ...] = (
            ("model", lambda: session.select_model(DEMO_MODEL)),
            ("config", lambda: session.configure(preset="quick_try", precision="fp32")),
            ("dataset", lambda: session.use_dataset(rows, eval_share=0.1)),
            ("deploy", lambda: session.deploy_to(name=_free_name(out))),
        )
        for number, (step, choose) in enumerate(steps, 1):
            findings = choose()
            print(f"{number}. {step}: {step_summary(session.state, step)}")
            _print_findings(findings)
            if errors_in(findings):
                return 1
        try:
            place = session.write_package(out)
        except (NotReadyError, PackageRefusedError, PackageExists, OSError) as error:
            print(error, file=sys.stderr)
            return 1
    return _show(session, place)


def _show(session: Session, place: Path) -> int:
    print(f"\nWritten to {place}:\n\n{session.package.tree()}\n")
    wrong = _verify(place)
    print(f"\nTo train: read {place / 'README.md'}.")
    print("To see the wizard: `make lab` opens notebooks/quickstart.ipynb in JupyterLab.")
    return wrong


def _free_name(out: Path) -> str:
    from .package.names import next_free_name

    taken = [path.name for path in out.iterdir()] if out.is_dir() else []
    return next_free_name("demo", taken) if "demo" in taken else "demo"


def _print_findings(findings: Sequence[Finding]) -> None:
    for finding in findings:
        lines = [finding.message, finding.evidence, f"Fix: {finding.fix.label}." if finding.fix else ""]
        print(f"   {finding.severity}: {' '.join(line for line in lines if line)}")


if __name__ == "__main__":
    sys.exit(main())
