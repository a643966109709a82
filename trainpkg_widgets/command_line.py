"""The commands `trainpkg verify` and `trainpkg demo`."""

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
    demo = commands.add_parser("demo", help="make a package from a built-in model and rows that ship, and check it")
    demo.add_argument("out", type=Path, help="the folder to write the package into")
    given = parser.parse_args(arguments)
    return _verify(given.path) if given.command == "verify" else _demo(given.out)


def _verify(path: Path) -> int:
    from .package.verify import verify_package

    findings = verify_package(path)
    if not findings:
        print(f"{path}: all is well. Hashes, schema, config and rows are as they were written, and no secret is in it.")
        return 0
    print(f"{path}: {len(findings)} {'thing is' if len(findings) == 1 else 'things are'} wrong.")
    _print_findings(findings)
    return 1


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
