"""Every option of launching does what it says: it is changed, and the difference is seen."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.unit.package_samples import SETTINGS, sample_state
from tests.unit.run_samples import run_folder, run_spec
from trainpkg_widgets.config_screen import CostsView
from trainpkg_widgets.machine_offers import Offer
from trainpkg_widgets.package.launch.drawing import run_view
from trainpkg_widgets.package.launch.environment import commands, environment_folder
from trainpkg_widgets.package.launch.files import KUBERNETES, SCRIPT, SKYPILOT, ToLaunch, launch_files
from trainpkg_widgets.package.launch.progress import Point
from trainpkg_widgets.package.launch.remote import client_run, command_there, hardware_plan
from trainpkg_widgets.package.launch.run import Run
from trainpkg_widgets.package.launch.run_folder import RunState, runs_folder
from trainpkg_widgets.package.launch.start import CannotLaunchError, command_of
from trainpkg_widgets.settings import load_settings
from trainpkg_widgets.settings.deploy_settings import LaunchWords
from trainpkg_widgets.steps import DeployStep, LaunchChoices
from trainpkg_widgets.views import deploy_menus

RUN = ToLaunch("trl sft --config sft.yaml", "", ">=3.10", ("torch==2.13.0", "trl==1.16.0"))
WORDS = SETTINGS.deploy.targets["trl"].launch


def deploy(launcher: str, **launch: Any) -> DeployStep:
    step = sample_state().deploy
    assert step is not None
    return step.model_copy(update={"launcher": launcher, "launch": LaunchChoices(**launch)})


def written(step: DeployStep, path: str, **cluster: Any) -> Any:
    settings = load_settings(deploy={"cluster": cluster}).deploy.cluster
    text = {f.path: b"".join(f.chunks()).decode() for f in launch_files(step, RUN, WORDS, settings)}[path]
    return yaml.safe_load(text) if path.endswith(".yaml") else text


def test_the_clusters_options_are_in_the_files() -> None:
    job = written(deploy("kubernetes"), KUBERNETES, image="registry/uv", token_secret="theirs")
    [container] = job["spec"]["template"]["spec"]["containers"]
    assert container["image"] == "registry/uv"
    assert container["env"][0]["valueFrom"]["secretKeyRef"]["name"] == "theirs"
    train = written(deploy("kubernetes", kind="trainjob"), KUBERNETES, kubernetes_runtime="ours")
    assert train["spec"]["runtimeRef"]["name"] == "ours"
    assert written(deploy("skypilot"), SKYPILOT, disk_gb=333)["resources"]["disk_size"] == 333


def test_what_is_chosen_for_a_launcher_is_in_its_files() -> None:
    assert written(deploy("skypilot", accelerators="L4:2"), SKYPILOT)["resources"]["accelerators"] == "L4:2"
    job = written(deploy("kubernetes", gpus=3, timeout_hours=2), KUBERNETES)
    [container] = job["spec"]["template"]["spec"]["containers"]
    assert container["resources"]["limits"] == {"nvidia.com/gpu": "3"}
    assert job["spec"]["activeDeadlineSeconds"] == 7200
    assert (
        written(deploy("kubernetes", gpus=0), KUBERNETES)["spec"]["template"]["spec"]["containers"][0]["resources"]
        == {}
    )
    script = written(deploy("hf_jobs", hub_repo="ada/bot", private=False), SCRIPT)
    assert 'REPOSITORY = "ada/bot"' in script
    assert "PRIVATE = False" in script
    compile(script, SCRIPT, "exec")


def test_what_a_target_is_told_comes_from_the_settings(tmp_path: Path) -> None:
    words = LaunchWords(always="--a 1", output="--to {folder}", resume="--from {checkpoint}", several="-n {count}")
    assert command_of("axolotl train x.yaml", words, "output/r", 2, tmp_path) == (
        *("axolotl", "train", "x.yaml", "--a", "1", "--to", "output/r", "-n", "2"),
    )
    assert command_of("python train.py", LaunchWords(), "output/r", 2, tmp_path) == (
        *("accelerate", "launch", "--multi_gpu", "--num_processes", "2", "train.py"),
    )
    with pytest.raises(CannotLaunchError, match="how many processes"):
        command_of("unsloth", LaunchWords(), "output/r", 2, tmp_path)
    (tmp_path / "output").mkdir()
    with pytest.raises(CannotLaunchError, match="under a new name"):
        command_of("unsloth", LaunchWords(), "output/r", None, tmp_path)
    assert "--push_to_hub" in written(deploy("hf_jobs"), SCRIPT)


def test_where_runs_and_environments_are_kept_can_be_said(tmp_path: Path) -> None:
    assert runs_folder(str(tmp_path)) == tmp_path
    assert runs_folder(None).name == "runs"
    one, other = (environment_folder(str(tmp_path), "trl", text) for text in ("a==1\n", "a==2\n"))
    assert one.parent == other.parent == tmp_path
    assert one != other, "an environment for each text of the requirements"


def test_uv_makes_environments_where_it_is_wanted_and_there() -> None:
    folder, requirements = Path("/e"), Path("/r.txt")
    assert [command[0] for command in commands(folder, requirements, "/usr/bin/uv")] == ["/usr/bin/uv", "/usr/bin/uv"]
    assert all("uv" not in command[0] for command in commands(folder, requirements, None))


def test_as_many_points_and_lines_are_shown_as_the_settings_say(tmp_path: Path) -> None:
    folder = run_folder(tmp_path)
    folder.create(run_spec(tmp_path))
    folder.save(RunState(status="finished"))
    folder.add_points(Point(step=n, loss=1.0) for n in range(100))
    folder.log.write_text("".join(f"line {n}\n" for n in range(100)))
    run = Run(folder, sample_state(), {})
    few = load_settings(deploy={"runs": {"curve_points": 10}}).deploy.runs
    assert len(run_view(run, few, None).curve) <= 11
    assert len(run_view(run, SETTINGS.deploy.runs, None).curve) == 100
    assert run.log(3) == "line 97\nline 98\nline 99"


def test_the_menu_is_that_of_the_settings() -> None:
    local = {"label": "Here", "needs": "Patience."}
    menus = deploy_menus(load_settings(deploy={"launchers": {"local": local}}))
    assert (menus.launchers[0].label, menus.launchers[0].hint) == ("Here", "Patience.")
    assert [option.value for option in menus.launchers] == ["local", "hf_jobs", "skypilot", "kubernetes"]


@pytest.mark.parametrize(
    ("jobs", "expected"),
    [
        ({}, ("small", 1.5)),
        ({"spare_share": 1}, ("small", 2.0)),
        ({"least_hours": 5}, ("small", 5.0)),
        ({"usable_share": 0.5}, ("large", 1.5)),
    ],
)
def test_the_plan_of_a_job_follows_the_settings(jobs: dict[str, Any], expected: tuple[str, float]) -> None:
    offered = [
        Offer(name="small", label="S", gpu="L4", count=1, card_bytes=24e9, per_hour=0.8),
        Offer(name="large", label="L", gpu="A100", count=1, card_bytes=80e9, per_hour=2.5),
    ]
    costs = CostsView(total_bytes=18e9, high_bytes=20e9, seconds_high=3600)
    settings = load_settings(deploy={"jobs": jobs}).deploy.jobs
    flavor, hours, why = hardware_plan(deploy("hf_jobs"), costs, None, settings, offered)
    assert (flavor, hours) == expected
    assert "an hour today" in why
    unknown = load_settings(deploy={"jobs": {"unknown_hours": 9}}).deploy.jobs
    assert hardware_plan(deploy("hf_jobs"), CostsView(), None, unknown, offered)[1] == 9


def test_what_runs_leave_behind_is_not_sent_by_skypilot() -> None:
    assert written(deploy("skypilot"), ".skyignore") == "/output\n/.venv\n"
    assert "--down" in command_there(deploy("skypilot")), "else the machine stays, and costs"


def test_the_client_of_kubernetes_waits_for_a_pod_that_is_not_there_yet(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    programs = tmp_path / "my programs"
    programs.mkdir()
    kubectl = programs / "kubectl"
    # The pod is there when it is asked for the second time; waiting for none is an error, as kubectl's own is.
    kubectl.write_text(
        "#!/bin/sh\n"
        'case "$1" in\n'
        f"get) [ -e '{tmp_path}/asked' ] && echo pod/one && touch '{tmp_path}/pod'; touch '{tmp_path}/asked';;\n"
        f"wait) [ -e '{tmp_path}/pod' ] || {{ echo 'error: no matching resources found'; exit 1; }};;\n"
        "logs) echo 'step 1';;\n"
        "esac\n"
    )
    kubectl.chmod(0o755)
    monkeypatch.setenv("PATH", f"{programs}{os.pathsep}{os.environ['PATH']}")
    common = run_spec(tmp_path).model_dump(include={"id", "name", "launcher", "target", "package", "created_at"})
    command = client_run(common, tmp_path, deploy("kubernetes"), load_settings().deploy.cluster).command
    ended = subprocess.run(command, capture_output=True, text=True, check=False, timeout=30)
    assert (ended.stdout, ended.returncode) == ("step 1\n", 0), ended.stderr
