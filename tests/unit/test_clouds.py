"""Prices of clouds come from gpuhunt's own classes, by catalogues that are served here; without them it is said why."""

from __future__ import annotations

import io
import sys
import zipfile
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Event, Thread

import pytest

from tests.hub_server import HubServer
from tests.unit.knob_samples import SETTINGS, card
from tests.unit.test_cost_verbs import session
from trainpkg_widgets.clouds import Clouds, NoCloudPricesError
from trainpkg_widgets.gpu import is_card

COLUMNS = "instance_name,location,price,cpu,memory,gpu_count,gpu_name,gpu_memory,spot,disk_size,gpu_vendor,flags"
CATALOGUES = {
    "aws": (
        "g4dn.xlarge,us-east-1,0.526,4,16,1,T4,16,False,,nvidia,",
        "g4dn.xlarge,eu-west-1,0.587,4,16,1,T4,16,False,,nvidia,",
        "g4dn.xlarge,us-east-1,0.158,4,16,1,T4,16,True,,nvidia,",
        "g4dn.12xlarge,us-east-1,3.912,48,192,4,T4,16,False,,nvidia,",
        "not a price,us-east-1,cheap,4,16,1,T4,16,False,,nvidia,",
    ),
    "gcp": (
        "n1-standard-4,us-central1-a,0.54,4,15,1,T4,16,False,,nvidia,",
        "n1-standard-2,us-central1-a,0.2,4,15,1,T4,16,False,,nvidia,gcp-dws-calendar-mode",
        "a2-highgpu-1g,us-central1-a,3.67,12,85,1,A100,40,False,,nvidia,",
        "a2-ultragpu-1g,us-central1-a,5.07,12,170,1,A100,80,False,,nvidia,",
    ),
}


class Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def bucket(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The bucket of gpuhunt's catalogues, with those of two clouds; it has none of the others."""
    for provider, rows in CATALOGUES.items():
        place = tmp_path / provider / "20261120-417"
        place.mkdir(parents=True)
        (tmp_path / provider / "version").write_text("20261120-417\n")
        packed = io.BytesIO()
        with zipfile.ZipFile(packed, "w") as archive:
            archive.writestr(f"{provider}.csv", "\n".join((COLUMNS, *rows)))
        (place / "catalog.zip").write_bytes(packed.getvalue())
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(tmp_path)))
    Thread(target=server.serve_forever, daemon=True).start()
    monkeypatch.setenv("GPUHUNT_CATALOG_URL", f"http://127.0.0.1:{server.server_port}")
    yield tmp_path
    server.shutdown()
    server.server_close()


def clouds(**changes: object) -> Clouds:
    return Clouds(SETTINGS.clouds.model_copy(update=changes))


def test_each_cloud_is_told_with_its_cheapest_machine_on_demand_and_the_day_of_its_list(bucket: Path) -> None:
    pytest.importorskip("gpuhunt")
    listed = clouds().offers(card("T4"), 1)
    assert [(one.label, one.per_hour, one.listed) for one in listed.offers] == [
        ("aws g4dn.xlarge, us-east-1", 0.526, "2026-11-20"),
        ("gcp n1-standard-4, us-central1-a", 0.54, "2026-11-20"),
    ]
    assert listed.as_of.startswith("20")
    assert [one.count for one in clouds().offers(card("T4"), 4).offers] == [4]
    assert [one.per_hour for one in clouds().offers(card("A100 80GB"), 1).offers] == [5.07]
    assert clouds().offers(card("B200"), 1).offers == ()
    assert len(clouds(shown=1).offers(card("T4"), 1).offers) == 1


def test_a_run_is_priced_on_hf_jobs_and_on_clouds_side_by_side(bucket: Path, hub: HubServer) -> None:
    pytest.importorskip("gpuhunt")
    run = session(gpu="T4", endpoint=hub.url, tuning="qlora", max_steps=100, batch_size=1)
    view = run.prices()
    assert [price.source for price in view.prices] == ["HF Jobs", "HF Jobs", "gpuhunt", "gpuhunt"]
    aws = view.prices[2]
    assert aws.low == pytest.approx(run.costs.seconds_low / 3600 * 0.526)
    assert "aws g4dn.xlarge, us-east-1" in str(view) and "by gpuhunt" in view.why
    run.choose_gpu("B200")
    assert "gpuhunt knows no machine with 1 × B200" in run.prices().why


def test_what_was_fetched_is_kept_and_asked_for_again_only_when_it_is_old(bucket: Path) -> None:
    pytest.importorskip("gpuhunt")
    kept, passing = clouds(), clouds(keep_seconds=1e-6)
    assert kept.offers(card("T4"), 1).offers and passing.offers(card("T4"), 1).offers
    for provider in CATALOGUES:
        (bucket / provider / "version").unlink()
    assert kept.offers(card("T4"), 1).offers
    with pytest.raises(NoCloudPricesError, match="can't be reached from here"):
        passing.offers(card("T4"), 1)


def test_files_of_catalogues_are_read_where_gpuhunt_is_told_to(
    bucket: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("gpuhunt")
    monkeypatch.setenv("GPUHUNT_CATALOG_DIR", str(tmp_path / "nowhere"))
    with pytest.raises(NoCloudPricesError, match="can't be read"):
        clouds().offers(card("T4"), 1)


def test_without_a_way_there_it_says_so_and_nothing_is_printed(
    bucket: Path, hub: HubServer, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    pytest.importorskip("gpuhunt")
    monkeypatch.setenv("GPUHUNT_CATALOG_URL", "http://127.0.0.1:9")
    view = session(gpu="T4", endpoint=hub.url, max_steps=100).prices()
    assert [price.source for price in view.prices] == ["HF Jobs", "HF Jobs"]
    assert "can't be reached from here" in view.why
    assert capfd.readouterr() == ("", "")


def test_who_does_not_answer_is_not_waited_for_and_who_waits_no_more_is_let_go(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    pytest.importorskip("gpuhunt")
    import socket

    with socket.create_server(("127.0.0.1", 0)) as silent:
        monkeypatch.setenv("GPUHUNT_CATALOG_URL", f"http://127.0.0.1:{silent.getsockname()[1]}")
        waiting = clouds(timeout_seconds=0.2)
        with pytest.raises(NoCloudPricesError, match=r"within 0\.2 seconds"):
            waiting.offers(card("T4"), 1)
        gone = Event()
        gone.set()
        with pytest.raises(NoCloudPricesError, match="Nobody waits"):
            clouds().offers(card("T4"), 1, gone)


def test_without_gpuhunt_it_says_how_to_get_it(hub: HubServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "gpuhunt", None)
    run = session(gpu="T4", endpoint=hub.url, max_steps=100)
    assert "pip install 'trainpkg_widgets[clouds]'" in run.prices().why


def test_where_the_settings_say_so_clouds_are_not_asked(hub: HubServer, monkeypatch: pytest.MonkeyPatch) -> None:
    from trainpkg_widgets.session import Session

    monkeypatch.setitem(sys.modules, "gpuhunt", None)
    run = Session({"config": {"clouds": {"ask": False}}}, gpu="T4", endpoint=hub.url, token=False, autosave=False)
    run.configure(max_steps=5)
    assert run.prices().why == "HF Jobs, by the Hub's own list."


@pytest.mark.parametrize(
    ("ours", "name", "gib", "same"),
    [
        ("T4", "T4", 16, True),
        ("RTX 4060 Ti 16GB", "RTX4060Ti", 16, True),
        ("RTX 4060 Ti 8GB", "RTX4060Ti", 16, False),
        ("RTX A4000", "A4000", 16, True),
        ("A10", "A10G", 24, False),
        ("A100 80GB", "A100", 40, False),
    ],
)
def test_a_card_is_known_by_its_name_and_its_memory(ours: str, name: str, gib: float, same: bool) -> None:
    assert is_card(card(ours), name, gib * 1024) == same
