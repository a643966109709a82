"""What is known of one model, each value a fact with its source. Reading a Hub body is in `hub/model_body.py`."""

# Annotations are no strings here: pydantic compiles each string, which is a third of what importing its models takes.

from typing import Any, Literal

from .architecture import Architecture
from .facts import Fact, Frozen, unknown

Gate = Literal["open", "auto", "manual"]
ChatEvidence = Literal["template", "likely", "none_found"]
WeightFormat = Literal["safetensors", "pytorch", "gguf", "onnx", "mlx", "adapter", "other"]
LicenceClass = Literal["open", "restricted", "non_commercial"]
BaseRelation = Literal["finetune", "adapter", "quantized", "merge"]
Origin = Literal["hub", "seen", "catalogue", "popular", "folder", "cached"]

_NOT_ASKED = unknown("not asked")


class ModelInfo(Frozen):
    """One model. `id` is `author/name` on the Hub, or the path of a local folder.

    Units: parameters and downloads are counts, `*_bytes` are bytes, dates are ISO 8601 (UTC).
    Three sizes, three numbers: `weight_bytes` is what loading reads into memory, `download_bytes` what loading fetches
    (weights, configuration, tokenizer), `repository_bytes` every file in every format at this revision.
    `active_parameters` are those that a token uses of a mixture of experts.
    `base_relation` says how the model was made from `base_model`; `instruct_version` names what is tuned beside it.
    `problems` are sentences on what in the model's own files would stop a run.
    """

    id: str
    origin: Origin
    as_of: str
    author: str = ""
    parameters: Fact[int] = _NOT_ASKED
    active_parameters: Fact[int] = _NOT_ASKED
    parameters_by_dtype: dict[str, int] = {}
    weight_bytes: Fact[int] = _NOT_ASKED
    download_bytes: Fact[int] = _NOT_ASKED
    repository_bytes: Fact[int] = _NOT_ASKED
    weight_format: Fact[WeightFormat] = _NOT_ASKED
    quantised: Fact[str] = _NOT_ASKED
    model_type: Fact[str] = _NOT_ASKED
    architectures: Fact[tuple[str, ...]] = _NOT_ASKED
    architecture: Fact[Architecture] = _NOT_ASKED
    context_length: Fact[int] = _NOT_ASKED
    chat: Fact[ChatEvidence] = _NOT_ASKED
    chat_template: Fact[str] = _NOT_ASKED
    instruct: Fact[bool] = _NOT_ASKED
    lora_targets: Fact[tuple[str, ...]] = _NOT_ASKED
    licence: Fact[str] = _NOT_ASKED
    licence_class: Fact[LicenceClass] = _NOT_ASKED
    licence_link: Fact[str] = _NOT_ASKED
    gate: Fact[Gate] = _NOT_ASKED
    remote_code: Fact[bool] = _NOT_ASKED
    pipeline_tag: Fact[str] = _NOT_ASKED
    base_model: Fact[str] = _NOT_ASKED
    base_relation: Fact[BaseRelation] = _NOT_ASKED
    instruct_version: Fact[str] = _NOT_ASKED
    downloads: Fact[int] = _NOT_ASKED
    likes: Fact[int] = _NOT_ASKED
    created: Fact[str] = _NOT_ASKED
    last_modified: Fact[str] = _NOT_ASKED
    revision: Fact[str] = _NOT_ASKED
    disabled: bool = False
    note: str = ""
    problems: tuple[str, ...] = ()

    @classmethod
    def from_hub(cls, body: dict[str, Any]) -> "ModelInfo":
        """Read one body of `GET /api/models/{id}` or one row of `GET /api/models`.

        Raises:
            ValueError: the body has no usable `id`.
        """
        from .hub.model_body import read_model_body

        return read_model_body(body)
