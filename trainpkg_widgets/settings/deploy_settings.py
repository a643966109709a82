"""The options of the deploy step: `config/step4_deploy.yaml`."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from .section import Count, Positive, Section


class LaunchWords(Section):
    """How a trainer is told things on its command line; what it can't be told is left empty.

    `always` is added to each launched run. `output` has {folder} in it, `resume` {checkpoint}, `several` {count} and
    `push` {repo} and {private}.
    """

    always: str = ""
    output: str = ""
    resume: str = ""
    several: str = ""
    push: str = ""


class TargetSettings(Section):
    """A trainer a package can be written for: its version and the pins its environment is made from.

    `qlora_requirements` are added where weights or the optimizer are in few bits, and of `optional_requirements` those
    that a choice needs, by the name of the package. `extra_keys` go into the trainer's config as they stand; a key that
    a choice decides is refused there.
    """

    label: str
    version: str
    python: str
    requirements: list[str]
    qlora_requirements: list[str]
    optional_requirements: dict[str, str] = {}
    extra_keys: dict[str, str | int | float | bool] = {}
    needs_gpu: bool = False
    launch: LaunchWords = LaunchWords()


class LauncherSettings(Section):
    """A place that runs can be launched at: its name in the menu, and what it needs."""

    label: str
    needs: str


class RunSettings(Section):
    """Runs on this machine and how they are shown. Folders None mean the user's state and cache folders.

    `free_gb` is the room (GB, 10^9 bytes) below which a new environment is warned about.
    """

    folder: str | None
    environments: str | None
    use_uv: bool
    refresh_seconds: Positive
    memory_seconds: Positive
    stop_seconds: Positive
    curve_points: Annotated[int, Field(ge=10, le=2000)]
    log_lines: Count
    free_gb: Positive
    start_seconds: Positive
    linger_seconds: Positive


class JobSettings(Section):
    """HF Jobs: `spare_share` of the estimated time is added to the timeout, which is at least `least_hours`.

    `usable_share` of a card's memory is what an estimate may fill.
    """

    spare_share: Annotated[float, Field(ge=0, le=5)]
    least_hours: Positive
    unknown_hours: Positive
    usable_share: Annotated[float, Field(gt=0, le=1)]
    poll_seconds: Positive


class ClusterSettings(Section):
    """SkyPilot and Kubernetes: the image a run starts in, where its token is kept, and how much disk it gets.

    `accelerators` are SkyPilot's where none are chosen; `retries`, `keep_hours` and `wait_hours` are Kubernetes'.
    """

    image: str
    accelerators: str
    retries: Annotated[int, Field(ge=0, le=100)]
    keep_hours: Positive
    wait_hours: Positive
    token_secret: str
    disk_gb: Count
    kubernetes_runtime: str


class DeploySettings(Section):
    """The deploy step: `config/step4_deploy.yaml`. `name_pattern` may use {base} and {date}.

    `trainer_seconds` is how long a trainer may take to say whether it takes a config.
    """

    targets: dict[str, TargetSettings]
    name_pattern: str
    folder: str
    trainer_seconds: Positive
    launchers: dict[str, LauncherSettings]
    runs: RunSettings
    jobs: JobSettings
    cluster: ClusterSettings
