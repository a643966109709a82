"""Which files are the weights, and what they weigh."""

from __future__ import annotations

import pytest

from trainpkg_widgets.hub.weight_files import (
    canonical_files,
    canonical_weights,
    download_size,
    repository_size,
    weight_format_of,
)

GB = 1_000_000_000


def rows(sizes: dict[str, int | None]) -> list[dict[str, object]]:
    return [{"rfilename": n} if s is None else {"rfilename": n, "size": s} for n, s in sizes.items()]


BERT = {
    "coreml/fill-mask/weight.bin": 217_000_000,
    "flax_model.msgpack": 438_064_459,
    "model.onnx": 532_091_246,
    "model.safetensors": 440_449_768,
    "pytorch_model.bin": 440_473_133,
    "rust_model.ot": 534_240_408,
    "tf_model.h5": 536_063_208,
    "vocab.txt": 231_508,
}


class TestOneSetOfWeightsIsCounted:
    def test_formats_beside_the_one_that_is_loaded_are_not_added(self) -> None:
        assert canonical_weights(rows(BERT)).value == 440_449_768

    def test_loading_downloading_and_the_whole_repository_are_three_numbers(self) -> None:
        small = {"config.json": 570, "tokenizer.json": 466_000, "training_args.json": 9, "README.md": 10_000}
        files = rows({**BERT, **small})
        weights, download = canonical_weights(files).value, download_size(files).value
        assert weights == BERT["model.safetensors"]
        assert download == weights + 570 + 466_000 + BERT["vocab.txt"]
        assert repository_size(files).value == sum(BERT.values()) + sum(small.values())

    def test_shards_add_up(self) -> None:
        shards = {f"model-0000{n}-of-00002.safetensors": 4 * GB for n in (1, 2)}
        found = canonical_weights(rows({**shards, "model.safetensors.index.json": 30_000}))
        assert found.value == 8 * GB and "2 shards" in found.source

    def test_the_makers_own_format_beside_the_shards_is_not_added(self) -> None:
        files = {
            "consolidated.safetensors": 8 * GB,
            "original/consolidated.00.pth": 8 * GB,
            "model-00001-of-00002.safetensors": 4 * GB,
            "model-00002-of-00002.safetensors": 4 * GB,
        }
        assert canonical_weights(rows(files)).value == 8 * GB

    def test_a_variant_is_not_added(self) -> None:
        files = {"model.safetensors": 4 * GB, "model.fp16.safetensors": 2 * GB}
        assert canonical_weights(rows(files)).value == 4 * GB
        assert canonical_weights(rows({"model.fp16.safetensors": 2 * GB})).value is None

    def test_what_training_left_behind_is_not_weights(self) -> None:
        files = {"pytorch_model.bin": GB, "optimizer.bin": 2 * GB, "training_args.bin": 5_000, "adapter_model.bin": 9}
        assert canonical_weights(rows(files)).value == GB

    def test_safetensors_win_over_pickles(self) -> None:
        assert canonical_files(["pytorch_model.bin", "model.safetensors"]).value == ("model.safetensors",)

    def test_old_shards_are_read_where_there_is_nothing_newer(self) -> None:
        shards = {f"pytorch_model-0000{n}-of-00003.bin": GB for n in (1, 2, 3)}
        assert canonical_weights(rows(shards)).value == 3 * GB

    def test_of_two_groups_the_whole_one_counts(self) -> None:
        files = [
            "model-00001-of-00003.safetensors",
            "model-00001-of-00002.safetensors",
            "model-00002-of-00002.safetensors",
        ]
        assert canonical_files(files).value == (files[1], files[2])


class TestGgufQuantisationsAreModelsOfTheirOwn:
    def test_several_are_not_summed_and_are_named(self) -> None:
        found = canonical_weights(rows({"m-Q4_K_M.gguf": GB, "m-Q8_0.gguf": 2 * GB, "m-f16.gguf": 4 * GB}))
        assert found.value is None
        assert all(quant in found.source for quant in ("Q4_K_M", "Q8_0", "f16"))

    def test_the_parts_of_one_are_one(self) -> None:
        found = canonical_weights(rows({"m-Q8_0-00001-of-00002.gguf": 3 * GB, "m-Q8_0-00002-of-00002.gguf": GB}))
        assert found.value == 4 * GB

    def test_a_projector_is_no_second_model(self) -> None:
        assert canonical_weights(rows({"m-Q8_0.gguf": GB, "mmproj-m-f16.gguf": GB})).value == GB


class TestUnknownSizes:
    def test_a_list_row_gives_names_and_no_sizes(self) -> None:
        found = canonical_weights(rows({"model.safetensors": None}))
        assert found.value is None and "not asked for" in found.source

    def test_one_size_that_is_missing_makes_the_sum_unknown(self) -> None:
        files = {"model-00001-of-00002.safetensors": GB, "model-00002-of-00002.safetensors": None}
        assert canonical_weights(rows(files)).value is None
        assert download_size(rows(files)).value is None
        assert repository_size(rows(files)).value is None

    def test_a_missing_shard_is_said(self) -> None:
        found = canonical_weights(rows({"model-00001-of-00002.safetensors": GB}))
        assert found.value is None and "1 of 2 shards" in found.source

    @pytest.mark.parametrize("size", [-1, True, "7", None, 3.5])
    def test_a_size_that_is_none_is_unknown(self, size: object) -> None:
        assert canonical_weights([{"rfilename": "model.safetensors", "size": size}]).value is None

    def test_the_size_of_a_large_file_may_stand_in_its_lfs_part(self) -> None:
        assert canonical_weights([{"rfilename": "model.safetensors", "lfs": {"size": 7}}]).value == 7

    @pytest.mark.parametrize("broken", [None, "x", 3, {"rfilename": 7}, {}])
    def test_rows_that_are_no_files_are_passed_over(self, broken: object) -> None:
        siblings = [broken, {"rfilename": "model.safetensors", "size": 5}]
        assert canonical_weights(siblings).value == 5  # type: ignore[arg-type] - malformed on purpose


class TestFormats:
    @pytest.mark.parametrize(
        ("names", "form"),
        [
            (["model.safetensors", "model.onnx"], "safetensors"),
            (["model-00001-of-00002.safetensors", "model-00002-of-00002.safetensors"], "safetensors"),
            (["pytorch_model.bin"], "pytorch"),
            (["adapter_config.json", "adapter_model.safetensors"], "adapter"),
            (["a-Q4_K_M.gguf", "a-Q8_0.gguf", "README.md"], "gguf"),
            (["onnx/model.onnx", "config.json"], "onnx"),
            (["weights.npz", "config.json"], "mlx"),
            (["model_index.json", "unet/diffusion_pytorch_model.safetensors"], "other"),
            (["tf_model.h5"], "other"),
        ],
    )
    def test_the_files_tell(self, names: list[str], form: str) -> None:
        assert weight_format_of(names).value == form

    def test_a_leftover_adapter_makes_no_adapter_of_a_whole_model(self) -> None:
        names = ["config.json", "model.safetensors", "adapter_config.json", "adapter_model.safetensors"]
        assert weight_format_of(names).value == "safetensors"

    def test_without_names_it_is_unknown(self) -> None:
        assert weight_format_of([]).value is None
