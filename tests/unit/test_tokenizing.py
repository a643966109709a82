"""What the model will see, through transformers: the exact text, what is trained of it, and bounds that hold."""

from __future__ import annotations

import json
import shutil
import time
from collections.abc import Iterator
from pathlib import Path
from threading import Event
from typing import Any

import pytest

from tests.hub_server import HubServer
from tests.tiny_tokenizer import CHATML, SPECIAL, write_tokenizer
from tests.unit.model_folders import write_model
from tests.with_transformers import PYTHON, needs_transformers
from trainpkg_widgets.facts import Finding
from trainpkg_widgets.session import Session

pytestmark = needs_transformers

ROWS = [
    {
        "messages": [
            {"role": "system", "content": "Be kind."},
            {"role": "user", "content": f"What is {n} plus {n}? 😀"},
            {"role": "assistant", "content": f"{2 * n}."},
            {"role": "user", "content": "Sure?"},
            {"role": "assistant", "content": "Yes. " * (n % 7) + "Quite."},
        ]
    }
    for n in range(60)
]
ENDLESS = "{% for a in range(99999) %}{% for b in range(99999) %}{% endfor %}{% endfor %}"


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folders of models: with a template, without, with another stop token than its template's, and a hostile one."""
    place = tmp_path_factory.mktemp("models")
    for name, template, stop in (
        ("chat", CHATML, "<|im_end|>"),
        ("bare", None, "<|endoftext|>"),
        ("stops-elsewhere", CHATML, "<|endoftext|>"),
        ("endless", CHATML + ENDLESS, "<|im_end|>"),
    ):
        folder = write_model(place / name, drop=() if template else ("chat_template.jinja",))
        write_tokenizer(folder, template, stop)
    return place


@pytest.fixture(scope="module")
def shared(models: Path) -> Iterator[Session]:
    """A session whose tokenizer is started once: most tests need no process of their own."""
    made = opened(models / "chat")
    yield made
    made.close()


@pytest.fixture
def session(shared: Session) -> Session:
    """The shared session, with its choices as they were."""
    shared.configure(method="sft", train_on="answers", max_length=512)
    shared.use_dataset(ROWS)
    return shared


def opened(model: Path, rows: Any = ROWS, settings: dict[str, Any] | None = None, **config: Any) -> Session:
    tokenizer = {"python": PYTHON, "seconds": 3, **(settings or {})}
    session = Session({"dataset": {"tokenizer": tokenizer}}, autosave=False, token=False)
    session.select_model(str(model))
    session.configure(**{"max_length": 512, **config})
    session.use_dataset(rows)
    return session


def by_code(findings: Any) -> dict[str, Finding]:
    return {finding.code: finding for finding in findings}


class TestOneRow:
    def test_the_text_is_the_templates_and_the_mask_is_the_answers(self, session: Session) -> None:
        preview = session.preview(3)
        assert preview.text == (
            "<|im_start|>system\nBe kind.<|im_end|>\n<|im_start|>user\nWhat is 3 plus 3? 😀<|im_end|>\n"
            "<|im_start|>assistant\n6.<|im_end|>\n"
        )
        trained = "".join(text for (text, _), kept in zip(preview.tokens, preview.mask, strict=True) if kept)
        assert trained == "6.<|im_end|>\n"
        assert preview.seen.sequences[0].stop == "trained"
        assert preview.total == 60 and preview.columns == ("messages",)

    def test_each_answer_of_a_conversation_is_a_row_of_its_own(self, session: Session) -> None:
        assert session.preview(3).seen.parts == 2
        assert session.preview(3, part=1).text.endswith("assistant\nYes. Yes. Yes. Quite.<|im_end|>\n")

    def test_turns_begin_where_their_role_does(self, session: Session) -> None:
        runs = session.preview(3, part=1).seen.sequences[0].runs
        turns = [(run.role, run.text) for run in runs if run.role]
        assert [role for role, _ in turns] == ["system", "user", "assistant", "user", "assistant"]
        assert {text for _, text in turns} == {"<|im_start|>"}

    def test_what_is_longer_is_cut_and_is_said_to_be(self, session: Session) -> None:
        session.configure(max_length=128)
        session.use_dataset([{"prompt": "Say it.", "completion": "word " * 100}])
        sequence = session.preview().seen.sequences[0]
        assert sequence.cut > 0 and sequence.trained + sequence.read == 128
        assert sequence.stop == "cut" and "the stop token is cut off" in str(session.preview())
        assert "cuts off its end" in " ".join(session.preview().seen.says)

    def test_a_target_that_masks_otherwise_is_named(self, session: Session) -> None:
        session.deploy_to(name="other", target="axolotl")
        assert "Axolotl masks and cuts by rules of its own" in " ".join(session.preview().seen.says)
        session.deploy_to(target="trl")
        assert "Axolotl" not in " ".join(session.preview().seen.says)

    def test_everything_learnt_has_every_token_trained(self, session: Session) -> None:
        session.configure(train_on="everything")
        assert all(session.preview(0).mask)

    def test_it_shows_itself_as_text_and_in_a_notebook_with_nothing_a_row_says_as_markup(
        self, session: Session
    ) -> None:
        session.use_dataset([{"prompt": "Hi", "completion": "<img src=x onerror=alert(1)>"}])
        preview = session.preview()
        assert "⟦<img src=x onerror=alert(1)><|im_end|>" in repr(preview)
        assert "<img" not in preview._repr_html_() and "&lt;img" in preview._repr_html_()

    def test_both_answers_of_a_pair_are_shown(self, session: Session) -> None:
        session.use_dataset([{"prompt": "Hi", "chosen": "Hello.", "rejected": "No."}] * 3)
        session.configure(method="dpo")
        chosen, rejected = session.preview().seen.sequences
        assert (chosen.name, rejected.name) == ("chosen", "rejected")
        assert chosen.trained == rejected.trained + 3

    def test_without_a_model_it_says_what_to_do_and_still_shows_the_row(self) -> None:
        session = Session(autosave=False, token=False)
        session.use_dataset(ROWS)
        preview = session.preview(2)
        assert preview.text == "" and preview.total == 60
        assert preview.seen.problem is not None and preview.seen.problem.code == "no-model"


class TestManyRows:
    def test_a_sample_and_all_rows_count_the_same_rows_alike(self, models: Path) -> None:
        session = opened(models / "chat", settings={"sample_rows": 50})
        sampled = session.count_tokens()
        exact = session.count_tokens(exact=True)
        assert sampled is not None and exact is not None
        assert not sampled.exact and exact.exact
        assert exact.rows == 120
        assert sampled.mean.low <= exact.mean.value <= sampled.mean.high
        assert exact.counts == tuple(sorted(exact.counts))
        whole = opened(models / "chat").count_tokens()
        assert whole is not None and whole.exact, "few rows are counted whole at once"
        assert whole.counts == exact.counts, "what is looked at and what is only counted agree"
        session.close()

    def test_of_a_dataset_of_the_hub_its_sample_is_counted_and_no_more_is_asked(
        self, hub: HubServer, models: Path
    ) -> None:
        hub.add_dataset({"id": "ada/sums"}, {"default": {"train": ROWS * 20}})
        viewer = {"endpoint": hub.viewer_url, "sample_rows": 40, "pages": 2}
        settings = {"dataset": {"tokenizer": {"python": PYTHON}, "viewer": viewer}}
        session = Session(settings, endpoint=hub.url, token=False, autosave=False)
        session.select_model(str(models / "chat"))
        session.use_dataset("ada/sums", eval_share=0.0)
        asked = len(hub.requests)
        lengths = session.count_tokens(exact=True)
        session.close()
        assert lengths is not None and not lengths.exact and len(hub.requests) == asked
        assert (lengths.counted, lengths.rows) == (80, 2400)

    def test_what_was_counted_holds_until_a_choice_that_it_depends_on(self, session: Session) -> None:
        session.use_dataset(ROWS[2:])
        counted = session.count_tokens()
        assert session.tokens is counted
        session.configure(max_length=256)
        assert session.tokens is counted, "the longest length changes no row"
        session.configure(train_on="everything")
        assert session.tokens is None

    def test_a_count_that_is_cancelled_ends_and_changes_nothing(self, session: Session) -> None:
        cancelled = Event()
        cancelled.set()
        session.use_dataset(ROWS[1:])
        assert session.count_tokens(cancelled=cancelled) is None
        assert session.tokens is None and session.tokenizing.progress is None

    def test_rows_beyond_the_datasets_limit_are_not_among_those_trained_on(self, session: Session) -> None:
        session.use_dataset(ROWS, limit=10)
        counted = session.count_tokens()
        assert counted is not None and counted.rows == 20
        session.use_dataset(limit=0)
        assert session.tokens is None

    def test_long_rows_are_a_finding_with_a_fix_that_helps(self, session: Session) -> None:
        session.configure(max_length=128)
        session.use_dataset([{"prompt": "Say it.", "completion": "word " * 60}] * 60)
        session.count_tokens()
        finding = by_code(session.findings)["rows-cut"]
        assert finding.fix is not None
        session.configure(**finding.fix.arguments)
        assert "rows-cut" not in by_code(session.findings)


class TestTheStopToken:
    def test_a_template_that_ends_in_another_token_is_told_and_put_right(self, models: Path) -> None:
        session = opened(models / "stops-elsewhere")
        session.count_tokens()
        finding = by_code(session.findings)["stop-differs"]
        assert "<|im_end|>" in finding.message and "<|endoftext|>" in finding.message
        assert finding.fix is not None
        session.use_template(**finding.fix.arguments)
        session.count_tokens()
        assert "stop-differs" not in by_code(session.findings)
        session.deploy_to(name="stops")
        assert "eos_token: <|im_end|>" in session.package.preview(session.package.files[2].path)[0].replace('"', "")
        session.close()

    def test_a_token_that_the_tokenizer_does_not_know_is_refused(self, session: Session) -> None:
        assert by_code(session.use_template(stop_token="<|nope|>"))["stop-token-unknown"].severity == "error"


class TestAModelWithoutATemplate:
    def test_each_template_on_offer_is_shown_and_one_is_written_into_the_package(self, models: Path) -> None:
        session = opened(models / "bare")
        assert "no-chat-template" in by_code(session.findings)
        assert session.preview().seen.problem is not None
        texts = set()
        for option in session.tokenizing.template_options():
            assert by_code(session.use_template(option.name)).keys().isdisjoint({"no-chat-template"})
            texts.add(session.preview().text)
            assert session.preview().seen.sequences[0].stop == "trained", option.name
            session.count_tokens()
            assert not {"stop-differs", "stop-missing", "mask-empty"} & by_code(session.findings).keys()
        assert len(texts) == 4
        session.deploy_to(name="bare")
        package = session.package
        assert "chat_template.jinja" in {file.path for file in package.files}
        assert any("chat_template_path: chat_template.jinja" in package.preview(f.path)[0] for f in package.files)
        session.close()

    def test_a_template_whose_tokens_it_does_not_know_is_not_on_offer(self, models: Path, tmp_path: Path) -> None:
        folder = tmp_path / "plain"
        shutil.copytree(models / "bare", folder)
        write_tokenizer(folder, None, "<|endoftext|>", SPECIAL[:1])
        session = opened(folder)
        assert "chatml" not in {option.name for option in session.tokenizing.template_options()}
        assert by_code(session.use_template("chatml"))["template-tokens"].fix is not None
        session.close()

    def test_a_method_that_can_not_be_told_of_it_says_so(self, models: Path) -> None:
        session = opened(models / "bare", [{"messages": [{"role": "user", "content": "a"}]}] * 3)
        session.use_template("tags")
        session.use_dataset([{"prompt": "Hi", "chosen": "Hello.", "rejected": "No."}] * 3)
        session.configure(method="dpo")
        assert "template-not-taken" in by_code(session.findings)
        session.close()

    def test_a_model_with_a_template_of_its_own_keeps_it(self, session: Session) -> None:
        assert "template-there" in by_code(session.use_template("tags"))


class TestHostility:
    def test_a_template_that_does_not_end_is_ended(self, models: Path) -> None:
        session = opened(models / "endless")
        session.tokenizing.about()
        started = time.monotonic()
        problem = session.preview().seen.problem
        assert problem is not None and problem.code == "template-too-slow"
        assert time.monotonic() - started < 30
        session.close()

    def test_a_row_of_a_megabyte_is_refused_and_the_next_one_shown(self, models: Path) -> None:
        rows = [{"prompt": "Hi", "completion": "x" * 1_100_000}, {"prompt": "Hi", "completion": "Hello."}]
        session = opened(models / "chat", rows)
        problem = session.preview(0).seen.problem
        assert problem is not None and problem.code == "text-too-long"
        assert session.preview(1).text.endswith("Hello.<|im_end|>\n")
        session.close()

    def test_a_tokenizer_that_is_a_program_is_not_run(self, models: Path, tmp_path: Path) -> None:
        folder = tmp_path / "remote"
        shutil.copytree(models / "chat", folder)
        (folder / "tokenizer.json").unlink()
        config = {"auto_map": {"AutoTokenizer": ["mine.Words", None]}, "tokenizer_class": "Words"}
        (folder / "tokenizer_config.json").write_text(json.dumps(config))
        (folder / "mine.py").write_text(f"open({str(tmp_path / 'ran')!r}, 'w')\nclass Words: pass\n")
        (folder / "tokenizer.model").write_bytes(b"")
        session = opened(folder)
        problem = session.preview().seen.problem
        assert problem is not None and problem.code == "tokenizer-refused"
        assert not (tmp_path / "ran").exists()
        session.close()

    def test_where_transformers_is_missing_it_says_what_to_install(self, models: Path, tmp_path: Path) -> None:
        session = opened(models / "chat")
        session.close()
        bare = Session({"dataset": {"tokenizer": {"python": str(bare_python(tmp_path))}}}, autosave=False, token=False)
        bare.select_model(str(models / "chat"))
        bare.use_dataset(ROWS)
        problem = bare.preview().seen.problem
        assert problem is not None and problem.code == "transformers-missing"
        assert "pip install" in problem.evidence


class TestTheHub:
    def test_the_tokenizer_of_a_hub_model_is_fetched_once_for_each_commit(self, hub: HubServer, tmp_path: Path) -> None:
        folder = tmp_path / "files"
        write_model(folder)
        write_tokenizer(folder)
        files: dict[str, bytes | int] = {p.name: p.read_bytes() for p in folder.iterdir()}
        hub.add_model({"id": "someone/tiny", "tags": []}, files)
        settings = {
            "model": {"hub": {"timeout_seconds": 5, "retries": 0}, "cache": {"folder": str(tmp_path / "cache")}},
            "dataset": {"tokenizer": {"python": PYTHON}},
        }
        for _ in range(2):
            session = Session(settings, endpoint=hub.url, token=False, autosave=False)
            assert not [f for f in session.select_model("someone/tiny") if f.severity == "error"]
            session.use_dataset(ROWS)
            assert session.preview(1).text.endswith("2.<|im_end|>\n")
            session.close()
        fetched = [
            request.path for request in hub.requests if "/resolve/" in request.path and "tokenizer.json" in request.path
        ]
        assert len(fetched) == 1


def bare_python(place: Path) -> Path:
    """An interpreter that has the standard library and nothing else."""
    import venv

    venv.create(place / "bare", with_pip=False)
    return next(
        path for path in (place / "bare" / "bin" / "python", place / "bare" / "Scripts" / "python.exe") if path.exists()
    )
