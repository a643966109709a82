"""HF Jobs and pushing a package to the Hub, by the official client against the Hub on loopback."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from threading import Event
from types import SimpleNamespace
from typing import Any

import pytest

from tests.hub_server import GOOD_TOKEN, HubServer
from tests.unit.package_samples import CHATS
from trainpkg_widgets.advice.hardware import cheapest_that_holds, timeout_hours
from trainpkg_widgets.facts import errors_in
from trainpkg_widgets.hub.jobs import Jobs
from trainpkg_widgets.hub.uploads import NotReachedError, UploadCancelledError, UploadRefusedError, refused
from trainpkg_widgets.machine_offers import Offer
from trainpkg_widgets.package.launch.remote import push
from trainpkg_widgets.package.launch.start import CannotLaunchError
from trainpkg_widgets.package.verify import verify_package
from trainpkg_widgets.session import Session


@pytest.fixture
def hub() -> Iterator[HubServer]:
    with HubServer() as server:
        yield server


def ready(hub: HubServer, folder: Path, token: str | bool = GOOD_TOKEN, **launch: Any) -> Session:
    settings = {
        "model": {"cache": {"enabled": False}},
        "deploy": {
            "folder": str(folder / "packages"),
            "runs": {"folder": str(folder / "runs")},
            "jobs": {"poll_seconds": 0.01},
        },
    }
    session = Session(settings, autosave=False, token=token, endpoint=hub.url)
    for findings in (
        session.select_model("Qwen/Qwen2.5-0.5B-Instruct"),
        session.configure(precision="bf16", epochs=1),
        session.use_dataset(CHATS, name="chats"),
        session.deploy_to(name="support-bot", launcher="hf_jobs", **launch),
    ):
        assert not errors_in(findings), findings
    return session


def pushed(hub: HubServer) -> dict[str, Any]:
    held = hub.store.held("models", "ada/support-bot")
    return dict(held.commits[-1].files) if held else {}


# ---------------------------------------------------------------- pushing


def test_a_pushed_package_is_private_and_whole(hub: HubServer, tmp_path: Path) -> None:
    session = ready(hub, tmp_path)
    there = session.push()
    assert there.repo_id == "ada/support-bot"
    held = hub.store.held("models", "ada/support-bot")
    assert held is not None
    assert held.private
    place = tmp_path / "downloaded"
    for path, file in pushed(hub).items():
        if path.startswith("training-package/"):
            (place / path).parent.mkdir(parents=True, exist_ok=True)
            (place / path).write_bytes(file.head)
    assert verify_package(place / "training-package") == []
    assert len(held.commits) == 2, "one commit: either nothing or all of it is seen"


def test_pushing_public_is_a_choice(hub: HubServer, tmp_path: Path) -> None:
    ready(hub, tmp_path, private=False, hub_repo="ada/open-bot").push()
    held = hub.store.held("models", "ada/open-bot")
    assert held is not None
    assert not held.private


def test_an_upload_cut_off_shows_nothing_and_is_not_sent_again(
    hub: HubServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Xet is a service of its own, which is not on loopback: large files go by LFS here, as they do without hf-xet.
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_DISABLE_XET", True)
    # Every file is "large" here, as data files of a real size are.
    monkeypatch.setattr("tests.hub_server.writes._LARGE", 100)
    monkeypatch.setattr("tests.hub_server.contents._LFS_SUFFIXES", ("",))
    session = ready(hub, tmp_path)
    hub.misbehave("reset", path_contains="/commit/")
    with pytest.raises(UploadRefusedError, match="try again to go on"):
        session.push()
    assert list(pushed(hub)) == [".gitattributes"]
    sent = [request.path for request in hub.requests if request.method == "PUT"]
    assert sent
    hub.behave()
    before = len(hub.requests)
    session.push()
    again = [request.path for request in hub.requests[before:] if request.method == "PUT"]
    assert again == []
    assert "training-package/package.yaml" in pushed(hub)


def test_a_cancelled_upload_shows_nothing(hub: HubServer, tmp_path: Path) -> None:
    session = ready(hub, tmp_path)
    cancelled = Event()
    cancelled.set()
    with pytest.raises(UploadCancelledError):
        session.launching.push(cancelled=cancelled)
    assert list(pushed(hub)) in ([], [".gitattributes"])


def test_progress_is_told_and_taken_back(hub: HubServer, tmp_path: Path) -> None:
    session = ready(hub, tmp_path)
    told: list[tuple[float | None, str]] = []

    def look() -> None:
        view = session.launching.view()
        told.append((view.progress, view.progress_words))

    session.launching.watch = look
    session.push()
    assert any("data/train.jsonl" in words for _, words in told)
    assert told[-1] == (None, "")


def test_without_a_token_pushing_says_how_to_get_one(hub: HubServer, tmp_path: Path) -> None:
    session = ready(hub, tmp_path, token=False)
    with pytest.raises(UploadRefusedError, match="hf auth login"):
        session.push()
    assert not (tmp_path / "packages").exists(), "nothing is written before there is a token"


def test_without_a_token_a_job_is_said_not_to_start_and_the_package_is_written(hub: HubServer, tmp_path: Path) -> None:
    session = ready(hub, tmp_path, token=False)
    (known,) = (f for f in session.findings if f.code == "launch-no-token")
    assert known.severity == "warning" and "hf auth login" in known.evidence
    assert "launch-no-token" not in {f.code for f in ready(hub, tmp_path).findings}
    assert session.write_package(tmp_path / "out").is_dir()


def test_anothers_repository_is_refused(hub: HubServer, tmp_path: Path) -> None:
    with pytest.raises(UploadRefusedError, match="may not write to “Qwen/theirs”"):
        ready(hub, tmp_path, hub_repo="Qwen/theirs").push()


# ---------------------------------------------------------------- jobs


def test_a_job_gets_hardware_that_holds_it_a_timeout_and_pushes_what_it_trains(hub: HubServer, tmp_path: Path) -> None:
    session = ready(hub, tmp_path)
    plan = session.plan_launch()
    assert "an hour today" in plan["why"]
    run = session.launch()
    [job] = hub.jobs.held.values()
    assert job.spec["flavor"] == plan["flavor"]
    assert job.spec["timeoutSeconds"] == round(3600 * plan["hours"])
    assert job.spec["command"][:2] == ["uv", "run"]
    assert "trl==1.16.0" in job.spec["command"]
    assert "training-package/launch/train_there.py" in job.spec["command"][-1]
    script = pushed(hub)["training-package/launch/train_there.py"].head.decode()
    assert '"--push_to_hub"' in script
    assert run.status == "preparing"
    assert run.spec.url == f"{hub.url}/jobs/ada/{job.id}"


def test_the_token_goes_along_as_a_secret_and_is_in_nothing_that_is_kept(hub: HubServer, tmp_path: Path) -> None:
    run = ready(hub, tmp_path).launch()
    [job] = hub.jobs.held.values()
    assert job.spec["secrets"] == {"HF_TOKEN": GOOD_TOKEN}
    assert GOOD_TOKEN not in str({**job.spec, "secrets": None})
    hub.jobs.print(job.id, f"the token is {GOOD_TOKEN}")
    run.look_after()
    assert "the token is" in run.log()
    for path in tmp_path.rglob("*"):
        assert not path.is_file() or GOOD_TOKEN not in path.read_text(errors="replace"), path


def test_a_job_is_followed_to_its_end(hub: HubServer, tmp_path: Path) -> None:
    session = ready(hub, tmp_path)
    run = session.launch()
    [job] = hub.jobs.held.values()
    hub.jobs.print(
        job.id,
        " 10%|#  | 1/10 [00:00<00:01, 9.9it/s]\r",
        "{'loss': '2.5', 'learning_rate': '0.001', 'epoch': '0.1'}",
        " 10%|#  | 1/10 [00:00<00:01, 9.9it/s]\r",
    )
    run.look_after()
    assert (run.status, run.state.step, run.points[-1].loss) == ("training", 1, 2.5)
    hub.jobs.end(job.id)
    assert run.wait(30) == "finished"
    found = Session(session.settings, autosave=False, token=GOOD_TOKEN).attach_run(run.id)
    assert found.points == run.points


def test_a_job_that_fails_is_read_as_any_run_is(hub: HubServer, tmp_path: Path) -> None:
    run = ready(hub, tmp_path).launch()
    [job] = hub.jobs.held.values()
    hub.jobs.print(job.id, "torch.OutOfMemoryError: CUDA out of memory. Tried to allocate 2.00 GiB.")
    hub.jobs.end(job.id, "ERROR", "Job failed with exit code 1")
    assert run.wait(30) == "failed"
    assert [finding.code for finding in run.findings] == ["out-of-memory"]


def test_a_job_is_cancelled_and_run_again_under_the_same_id(hub: HubServer, tmp_path: Path) -> None:
    run = ready(hub, tmp_path).launch()
    [first] = hub.jobs.held.values()
    run.stop()
    assert first.stage == "CANCELED"
    assert run.wait(30) == "stopped"
    run.resume()
    assert len(hub.jobs.held) == 2
    assert run.spec.job != first.id
    assert not run.is_over


def test_hardware_that_is_not_there_is_refused_with_what_is(hub: HubServer, tmp_path: Path) -> None:
    with pytest.raises(CannotLaunchError, match="it has t4-small, t4-medium"):
        ready(hub, tmp_path, flavor="h900").launch()


def test_the_timeout_and_the_hardware_can_be_said(hub: HubServer, tmp_path: Path) -> None:
    ready(hub, tmp_path, flavor="t4-medium", timeout_hours=3).launch()
    [job] = hub.jobs.held.values()
    assert (job.spec["flavor"], job.spec["timeoutSeconds"]) == ("t4-medium", 3 * 3600)


# ---------------------------------------------------------------- choosing


OFFERED = [
    Offer(name="cpu", label="CPU", gpu="", count=0, card_bytes=None, per_hour=0.01),
    Offer(name="four-small", label="4 × small", gpu="L4", count=4, card_bytes=24e9, per_hour=3.8),
    Offer(name="small", label="small", gpu="L4", count=1, card_bytes=24e9, per_hour=0.8),
    Offer(name="large", label="large", gpu="A100", count=1, card_bytes=80e9, per_hour=2.5),
]


@pytest.mark.parametrize(
    ("needed", "name"), [(10e9, "small"), (22e9, "small"), (23e9, "large"), (200e9, "large"), (None, "large")]
)
def test_the_cheapest_card_that_holds_the_estimate_is_chosen(needed: float | None, name: str) -> None:
    chosen = cheapest_that_holds(OFFERED, needed, usable=0.92)
    assert chosen is not None
    assert chosen.name == name


@pytest.mark.parametrize(("seconds", "hours"), [(60, 0.5), (3600, 1.5), (7200, 3.0), (None, 4)])
def test_the_timeout_is_the_estimate_and_a_share_more(seconds: float | None, hours: float) -> None:
    assert timeout_hours(seconds, spare=0.3, least=0.5, unknown=4) == hours


# ---------------------------------------------------------------- what must not happen


def test_nothing_private_is_put_where_everybody_can_read_it(hub: HubServer, tmp_path: Path) -> None:
    ready(hub, tmp_path / "open", private=False, hub_repo="ada/open-bot").push()
    held = hub.store.held("models", "ada/open-bot")
    assert held is not None
    before = len(held.commits)
    with pytest.raises(UploadRefusedError, match="everybody can read it"):
        ready(hub, tmp_path / "private", hub_repo="ada/open-bot").push()
    assert len(held.commits) == before


def test_a_launch_cancelled_after_the_push_starts_no_job(
    hub: HubServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    session, cancelled = ready(hub, tmp_path), Event()

    def push_and_cancel(*given: Any) -> Any:
        there = push(*given)
        cancelled.set()
        return there

    monkeypatch.setattr("trainpkg_widgets.package.launch.remote.push", push_and_cancel)
    with pytest.raises(UploadCancelledError, match="no job was started"):
        session.launching.launch(cancelled=cancelled)
    assert session.runs == []


def test_a_package_that_a_run_has_left_files_in_is_still_the_package(hub: HubServer, tmp_path: Path) -> None:
    session = ready(hub, tmp_path)
    session.push()
    left = tmp_path / "packages" / "support-bot" / "prepare_data" / "__pycache__" / "rows.pyc"
    left.parent.mkdir(parents=True)
    left.write_bytes(b"compiled")
    session.push()
    assert not any("__pycache__" in path for path in pushed(hub))


def test_a_package_stays_the_same_when_it_was_launched_in_an_earlier_kernel(hub: HubServer, tmp_path: Path) -> None:
    earlier = ready(hub, tmp_path)
    earlier.push()
    later = ready(hub, tmp_path)
    deploy = earlier.state.deploy
    assert deploy is not None
    later.restore(earlier.state.model_copy(update={"deploy": deploy.model_copy(update={"run": "support-bot-1"})}))
    later.use_dataset(CHATS, name="chats")
    later.push()


def test_a_job_that_can_not_be_written_down_is_ended(
    hub: HubServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    session = ready(hub, tmp_path)

    def refuse(*_: Any) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("trainpkg_widgets.package.launch.run_folder.RunFolder.create", refuse)
    with pytest.raises(OSError, match="No space"):
        session.launch()
    assert any(request.method == "POST" and request.path.endswith("/cancel") for request in hub.requests)


def test_what_an_earlier_push_left_is_gone_so_that_what_is_there_verifies(hub: HubServer, tmp_path: Path) -> None:
    ready(hub, tmp_path).push()
    kept = {"README.md": b"mine", "training-package/data/old.jsonl": b"{}"}
    hub.push("ada/support-bot", kept)
    ready(hub, tmp_path).push()
    files = pushed(hub)
    assert "README.md" in files, "only what stands in the package's folder"
    assert "training-package/data/old.jsonl" not in files
    assert "training-package/package.yaml" in files


def test_of_two_clicks_on_launch_one_is_refused(
    hub: HubServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    session = ready(hub, tmp_path)
    refusals: list[str] = []

    def push_and_click(*given: Any) -> Any:
        with pytest.raises(CannotLaunchError) as refused:
            session.launch()
        refusals.append(str(refused.value))
        return push(*given)

    monkeypatch.setattr("trainpkg_widgets.package.launch.remote.push", push_and_click)
    session.launch()
    assert len(hub.jobs.held) == 1
    assert "under way already" in refusals[0]
    monkeypatch.undo()
    session.launch()
    assert len(hub.jobs.held) == 2, "a later launch is another run"


# ---------------------------------------------------------------- other clients, other answers


def test_a_client_without_follow_gives_the_log_once_the_job_is_over(
    hub: HubServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = ready(hub, tmp_path).launch()
    [job] = hub.jobs.held.values()
    hub.jobs.print(job.id, "a line")
    asked: list[str] = []

    def to_the_end(_api: object, *, job_id: str, namespace: str | None = None) -> Iterator[str]:
        assert job.stage == "COMPLETED", "it would wait until the job ends"
        asked.append(job_id)
        yield from job.log

    monkeypatch.setattr("huggingface_hub.HfApi.fetch_job_logs", to_the_end)
    run.look_after()
    assert (run.status, asked) == ("starting", [])
    hub.jobs.end(job.id)
    assert run.wait(30) == "finished"
    assert run.log() == "a line"


def test_who_may_not_run_jobs_is_told_so(hub: HubServer) -> None:
    with pytest.raises(UploadRefusedError, match="may not run jobs"):
        Jobs(hub.url, GOOD_TOKEN).look("0" * 24, "Qwen")


def test_waiting_for_a_job_lives_through_a_failure_of_the_network(hub: HubServer, tmp_path: Path) -> None:
    run = ready(hub, tmp_path).launch()
    [job] = hub.jobs.held.values()
    hub.misbehave("reset", path_contains="/api/jobs/")
    with pytest.raises(UploadRefusedError):
        run.look_after()
    assert run.wait(0.2) == "preparing"
    hub.behave()
    hub.jobs.end(job.id)
    assert run.wait(30) == "finished"


@pytest.mark.parametrize(("status", "again"), [(503, True), (429, True), (400, False)])
def test_a_refusal_without_words_is_still_told(status: int, again: bool) -> None:
    class WordlessError(Exception):
        response = SimpleNamespace(status_code=status)

    said = refused(WordlessError(""), "not allowed")
    assert str(said) == f"The Hub answered {status}: it did not say why"
    assert isinstance(said, NotReachedError) == again
