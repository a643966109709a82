"""A model in a folder: its facts come from its own files, and what is missing is named."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.unit.model_folders import tensors, write_json, write_model, write_safetensors
from trainpkg_widgets.hub.local_models import NotAModel, read_local_model
from trainpkg_widgets.hub.safetensors_header import BadHeaderError, read_safetensors_header
from trainpkg_widgets.model_info import ModelInfo


class TestAWholeModel:
    def test_parameters_are_those_of_the_weights(self, tmp_path: Path) -> None:
        info = read_local_model(write_model(tmp_path / "m"))
        assert info.parameters.value == 2 * 300 * 64 + 2 * 128 * 64
        assert info.parameters_by_dtype == {"F32": info.parameters.value}
        assert "safetensors header" in info.parameters.source

    def test_its_size_is_that_of_the_files(self, tmp_path: Path) -> None:
        folder = write_model(tmp_path / "m")
        info = read_local_model(folder)
        assert info.weight_bytes.value == (folder / "model.safetensors").stat().st_size
        assert info.repository_bytes.value == sum(p.stat().st_size for p in folder.iterdir())

    def test_dimensions_and_context_are_those_of_its_config(self, tmp_path: Path) -> None:
        info = read_local_model(write_model(tmp_path / "m"))
        assert info.architecture.value is not None and info.architecture.value.layers == 2
        assert info.context_length.value == 512

    def test_it_is_a_folder_that_is_open_and_has_no_commit(self, tmp_path: Path) -> None:
        info = read_local_model(write_model(tmp_path / "m"))
        assert (info.origin, info.id, info.gate.value) == ("folder", str(tmp_path / "m"), "open")
        assert info.revision.value is None and info.problems == ()

    def test_the_template_file_wins_over_the_tokenizers(self, tmp_path: Path) -> None:
        folder = write_model(tmp_path / "m")
        write_json(folder / "tokenizer_config.json", {"chat_template": "old"})
        assert read_local_model(folder).chat_template.value == "{{ messages }}"
        (folder / "chat_template.jinja").unlink()
        info = read_local_model(folder)
        assert (info.chat_template.value, info.chat_template.source) == ("old", "from tokenizer_config.json")

    def test_without_a_template_none_is_found(self, tmp_path: Path) -> None:
        assert read_local_model(write_model(tmp_path / "m", drop=("chat_template.jinja",))).chat.value == "none_found"

    def test_shards_count_together(self, tmp_path: Path) -> None:
        folder = write_model(tmp_path / "m", drop=("model.safetensors",))
        held = tensors()
        for number, part in enumerate((dict(list(held.items())[:2]), dict(list(held.items())[2:])), 1):
            write_safetensors(folder / f"model-0000{number}-of-00002.safetensors", part)
        assert read_local_model(folder).parameters.value == 2 * 300 * 64 + 2 * 128 * 64

    def test_dtypes_are_counted_apart(self, tmp_path: Path) -> None:
        folder = write_model(tmp_path / "m")
        held = tensors(dtype="BF16") | {"norm.weight": ("F32", [64])}
        write_safetensors(folder / "model.safetensors", held)
        assert read_local_model(folder).parameters_by_dtype == {"BF16": 2 * 300 * 64 + 2 * 128 * 64, "F32": 64}

    def test_the_licence_is_that_of_its_readme(self, tmp_path: Path) -> None:
        folder = write_model(tmp_path / "m")
        (folder / "README.md").write_text("---\nlicense: cc-by-nc-4.0\n---\n# A model\n", encoding="utf-8")
        assert read_local_model(folder).licence_class.value == "non_commercial"

    def test_pickled_weights_are_estimated_and_never_opened(self, tmp_path: Path) -> None:
        folder = write_model(tmp_path / "m", drop=("model.safetensors",))
        (folder / "pytorch_model.bin").write_bytes(b"no pickle at all" * 100)
        info = read_local_model(folder)
        assert info.parameters.value == 400 and info.parameters.source.startswith("estimate")
        assert info.weight_format.value == "pytorch"

    def test_neither_torch_nor_transformers_is_loaded(self, tmp_path: Path) -> None:
        code = (
            "import sys; from pathlib import Path; from trainpkg_widgets.hub.local_models import read_local_model\n"
            f"read_local_model(Path({str(write_model(tmp_path / 'm'))!r}))\n"
            "print([m for m in ('torch', 'transformers', 'safetensors', 'huggingface_hub') if m in sys.modules])"
        )
        printed = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
        assert printed.strip() == "[]"


class TestWhatIsNoModel:
    def message(self, folder: Path) -> str:
        with pytest.raises(NotAModel) as raised:
            read_local_model(folder)
        return str(raised.value)

    def test_no_folder(self, tmp_path: Path) -> None:
        assert "no folder" in self.message(tmp_path / "nowhere")

    def test_a_file(self, tmp_path: Path) -> None:
        (tmp_path / "x").write_text("")
        assert "is a file" in self.message(tmp_path / "x")

    def test_an_empty_folder(self, tmp_path: Path) -> None:
        assert "no files" in self.message(tmp_path)

    def test_no_config(self, tmp_path: Path) -> None:
        assert "config.json" in self.message(write_model(tmp_path / "m", drop=("config.json",)))

    def test_a_config_that_is_no_mapping(self, tmp_path: Path) -> None:
        folder = write_model(tmp_path / "m")
        (folder / "config.json").write_text("[1,")
        assert "not a mapping" in self.message(folder)

    def test_no_weights(self, tmp_path: Path) -> None:
        assert "weights" in self.message(write_model(tmp_path / "m", drop=("model.safetensors",)))

    def test_a_shard_that_its_index_names(self, tmp_path: Path) -> None:
        folder = write_model(tmp_path / "m", drop=("model.safetensors",))
        write_safetensors(folder / "model-00001-of-00002.safetensors", tensors())
        names = {"a": "model-00001-of-00002.safetensors", "b": "model-00002-of-00002.safetensors"}
        write_json(folder / "model.safetensors.index.json", {"weight_map": names})
        assert "model-00002-of-00002.safetensors" in self.message(folder)

    def test_weights_that_were_cut_off(self, tmp_path: Path) -> None:
        folder = write_model(tmp_path / "m")
        whole = (folder / "model.safetensors").read_bytes()
        (folder / "model.safetensors").write_bytes(whole[:4096])
        assert "cut off" in self.message(folder)


class TestWhatWouldStopARun:
    def problems(self, folder: Path) -> str:
        return " ".join(read_local_model(folder).problems)

    def test_no_tokenizer(self, tmp_path: Path) -> None:
        folder = write_model(tmp_path / "m", drop=("tokenizer.json", "tokenizer_config.json", "chat_template.jinja"))
        assert "no tokenizer" in self.problems(folder)

    def test_layers_that_the_weights_lack(self, tmp_path: Path) -> None:
        folder = write_model(tmp_path / "m")
        write_safetensors(folder / "model.safetensors", tensors(layers=1))
        assert "1 of the 2 layers" in self.problems(folder)

    def test_tokens_without_an_embedding(self, tmp_path: Path) -> None:
        folder = write_model(tmp_path / "m")
        added = [{"id": 346, "content": "<|im_end|>"}]
        write_json(folder / "tokenizer.json", {"model": {"vocab": {"a": 0}}, "added_tokens": added})
        assert "346" in self.problems(folder) and "300 embeddings" in self.problems(folder)

    def test_a_type_that_transformers_does_not_know(self, tmp_path: Path) -> None:
        assert "llama99" in self.problems(write_model(tmp_path / "m", model_type="llama99"))

    def test_a_class_that_does_not_write(self, tmp_path: Path) -> None:
        folder = write_model(tmp_path / "m", architectures=["LlamaForSequenceClassification"])
        assert "does not continue text" in self.problems(folder)


class TestOtherFormats:
    def test_a_folder_of_gguf_is_one(self, tmp_path: Path) -> None:
        (tmp_path / "tiny-Q4_K_M.gguf").write_bytes(b"GGUF" + bytes(252))
        info = read_local_model(tmp_path)
        assert info.weight_format.value == "gguf" and info.weight_bytes.value == 256

    def test_an_adapter_names_its_base(self, tmp_path: Path) -> None:
        write_json(tmp_path / "adapter_config.json", {"base_model_name_or_path": "Qwen/Qwen2.5-0.5B"})
        write_safetensors(tmp_path / "adapter_model.safetensors", {"a": ("F32", [4, 64])})
        info = read_local_model(tmp_path)
        assert (info.weight_format.value, info.base_model.value) == ("adapter", "Qwen/Qwen2.5-0.5B")

    def test_mlx_weights_are_told_by_their_config(self, tmp_path: Path) -> None:
        folder = write_model(tmp_path / "m", quantization={"group_size": 64, "bits": 4})
        write_safetensors(folder / "model.safetensors", tensors(dtype="U32"))
        info = read_local_model(folder)
        assert info.weight_format.value == "mlx" and "pack" in info.parameters.source

    def test_weights_quantised_for_qlora_say_so(self, tmp_path: Path) -> None:
        quantised = {"quant_method": "bitsandbytes", "load_in_4bit": True, "bnb_4bit_quant_type": "nf4"}
        info = read_local_model(write_model(tmp_path / "m", quantization_config=quantised))
        assert info.quantised.value == "bitsandbytes 4-bit nf4"


class TestHeaders:
    def test_the_length_a_file_claims_is_not_believed(self, tmp_path: Path) -> None:
        path = tmp_path / "x.safetensors"
        path.write_bytes((2**60).to_bytes(8, "little") + b"{}")
        with pytest.raises(BadHeaderError):
            read_safetensors_header(path)

    @pytest.mark.parametrize(
        "header",
        [
            "[]",
            "{",
            '{"a": 3}',
            '{"a": {"dtype": "F32", "shape": [-1], "data_offsets": [0, 0]}}',
            '{"a": {"dtype": "F32", "shape": "x", "data_offsets": [0, 0]}}',
            '{"a": {"dtype": 7, "shape": [1], "data_offsets": [0, 4]}}',
            '{"a": {"dtype": "F32", "shape": [1]}}',
            '{"a": {"dtype": "F32", "shape": [1], "data_offsets": [0]}}',
            "[" * 100_000,
        ],
    )
    def test_a_header_that_is_none_is_refused(self, tmp_path: Path, header: str) -> None:
        path = tmp_path / "x.safetensors"
        path.write_bytes(len(header).to_bytes(8, "little") + header.encode())
        with pytest.raises(BadHeaderError):
            read_safetensors_header(path)

    def test_an_empty_file_is_refused(self, tmp_path: Path) -> None:
        (tmp_path / "x.safetensors").write_bytes(b"")
        with pytest.raises(BadHeaderError):
            read_safetensors_header(tmp_path / "x.safetensors")

    def test_names_and_elements_are_read(self, tmp_path: Path) -> None:
        write_safetensors(tmp_path / "x.safetensors", tensors())
        header = read_safetensors_header(tmp_path / "x.safetensors")
        assert header.tensors == tuple(tensors()) and header.elements["F32"] == 54_784


def test_what_was_read_survives_the_journey_through_json(tmp_path: Path) -> None:
    info = read_local_model(write_model(tmp_path / "m"))
    assert ModelInfo.model_validate_json(info.model_dump_json()) == info
