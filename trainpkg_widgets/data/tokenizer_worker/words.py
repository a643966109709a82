"""A tokenizer with its chat template and the tokens that its model stops at."""

from __future__ import annotations

import importlib.util
import json
from pathlib import Path
from typing import Any

# What transformers gives for a text: lists by name (`input_ids`, `offset_mapping`, `assistant_masks`), and the `text`.
Encoded = dict[str, Any]

_NO_TORCH = {"torch", "torchvision", "torchaudio", "tensorflow", "jax", "flax"}


class RefusedError(Exception):
    """What can't be done, with a stable code."""

    def __init__(self, code: str, message: str) -> None:
        self.code = code
        super().__init__(message)


class Words:
    """A tokenizer with its template and the tokens that the model stops at."""

    def __init__(self, folder: str, template: str | None, stop_token: str, most_characters: int) -> None:
        self.tokenizer = _load(folder)
        self.most_characters = most_characters
        if template:
            self.tokenizer.chat_template = template
        own = self.tokenizer.eos_token
        self.stops = _stop_ids(Path(folder), self.tokenizer)
        self.stop_known = not stop_token or stop_token in self.tokenizer.get_vocab()
        if stop_token and self.stop_known:
            # TRL 1.16, SFTTrainer.__init__: `eos_token` becomes the tokenizer's, and generation stops at it.
            self.tokenizer.eos_token = stop_token
            self.stops.add(self.tokenizer.eos_token_id)
        self.own_stop = own
        self.special = set(self.tokenizer.get_added_vocab().values()) | set(self.tokenizer.all_special_ids)

    def chat(self, turns: list[Any], tools: Any, *, prompt: bool = False, marks: bool = False) -> Encoded:
        """The ids of turns; `text` and `offsets` beside them where the tokenizer gives them."""
        kwargs: dict[str, Any] = {"tools": tools, "add_generation_prompt": prompt}
        if marks:
            kwargs["chat_template"] = training_template(self.tokenizer.chat_template)
        text = self._bounded(self.tokenizer.apply_chat_template(turns, tokenize=False, **kwargs))
        found = self.tokenizer.apply_chat_template(
            turns,
            tokenize=True,
            return_dict=True,
            return_assistant_tokens_mask=marks,
            tokenizer_kwargs={"return_offsets_mapping": True} if self.tokenizer.is_fast else {},
            **kwargs,
        )
        return {"text": text, **{name: list(values) for name, values in found.items()}}

    def plain(self, text: str) -> Encoded:
        """The ids of a text, with what the tokenizer puts around it."""
        offsets = {"return_offsets_mapping": True} if self.tokenizer.is_fast else {}
        found = self.tokenizer(text=self._bounded(text), **offsets)
        return {"text": text, **{name: list(values) for name, values in found.items()}}

    def either(self, said: Any, tools: Any, *, prompt: bool = False, marks: bool = False) -> Encoded:
        """The ids of turns or of a text, whichever it is."""
        return self.chat(said, tools, prompt=prompt, marks=marks) if isinstance(said, list) else self.plain(said)

    def ended(self, text: Any) -> Any:
        """A text with the stop token after it, as TRL puts it after rows that are no conversations."""
        eos = self.tokenizer.eos_token
        return text if not isinstance(text, str) or not eos or text.endswith(eos) else text + eos

    def decode(self, ids: list[int]) -> str:
        """The text of ids, special tokens too."""
        return str(self.tokenizer.decode(ids))

    def _bounded(self, text: str) -> str:
        if len(text) > self.most_characters:
            raise RefusedError("text-too-long", f"a row makes a text of more than {self.most_characters:,} characters")
        return text


def _load(folder: str) -> Any:
    real = importlib.util.find_spec
    # transformers 5.23 imports torch where it finds it, 1.8 s and 500 MB; no tokenizer needs it.
    importlib.util.find_spec = lambda name, package=None: (
        None if name.partition(".")[0] in _NO_TORCH else real(name, package)
    )
    try:
        from transformers import AutoTokenizer
    except ImportError as error:
        raise RefusedError("transformers-missing", str(error)) from error
    finally:
        importlib.util.find_spec = real
    try:
        return AutoTokenizer.from_pretrained(folder, trust_remote_code=False, local_files_only=True)
    except Exception as error:  # whatever a broken tokenizer raises
        raise RefusedError("tokenizer-refused", f"{type(error).__name__}: {error}"[:400]) from error


def _stop_ids(folder: Path, tokenizer: Any) -> set[int]:
    """The ids that generation stops at: of generation_config.json, else of config.json, else the tokenizer's."""
    for name in ("generation_config.json", "config.json"):
        try:
            said = json.loads((folder / name).read_text(encoding="utf-8")).get("eos_token_id")
        except (OSError, ValueError, AttributeError):
            continue
        ids = {i for i in (said if isinstance(said, list) else [said]) if isinstance(i, int)}
        if ids:
            return ids
    return {tokenizer.eos_token_id} - {None}


def training_template(template: str) -> str | None:
    """The template that TRL marks answers with: None where the model's own has marks, else TRL's copy of it.

    TRL's copies are read where TRL is installed, as files; nothing of TRL is run.
    """
    if "endgeneration" in template:
        return None
    spec = importlib.util.find_spec("trl")
    places = list(spec.submodule_search_locations or []) if spec else []
    for place in places:
        for marked in Path(place, "chat_templates").glob("*_training.jinja"):
            plain = marked.with_name(marked.name.replace("_training.jinja", ".jinja"))
            if plain.is_file() and plain.read_text(encoding="utf-8") == template:
                return marked.read_text(encoding="utf-8")
    raise RefusedError("no-marks", "the chat template marks no answers" + ("" if places else ", and TRL is not here"))
