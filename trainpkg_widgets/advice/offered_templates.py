"""Chat templates for a model that has none, and the model as it is once one of them is chosen.

Each is written for this package. Where a turn ends in the tokenizer's own stop token, any model can learn to stop by
it; ChatML ends in a token of its own, which only some base models know.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..facts import Fact, Frozen

if TYPE_CHECKING:
    from ..model_info import ModelInfo
    from ..steps import DatasetStep

CHATML_STOP = "<|im_end|>"

_LOOP = "{% for message in messages %}"
_END = "{% endfor %}"
_ASKS = "{% if add_generation_prompt %}"


class OfferedTemplate(Frozen):
    """One choice: `needs` are tokens that the tokenizer must know, `stop_token` the one its turns end in.

    `stop_token` is empty where the turns end in the tokenizer's own.
    """

    name: str
    label: str
    hint: str
    text: str
    stop_token: str = ""
    needs: tuple[str, ...] = ()


OFFERED: tuple[OfferedTemplate, ...] = (
    OfferedTemplate(
        name="chatml",
        label="ChatML",
        hint="<|im_start|> and <|im_end|> around each turn, as Qwen and many others have it.",
        text=(
            _LOOP
            + "{{ '<|im_start|>' + message['role'] + '\n' + message['content'] + '<|im_end|>' + '\n' }}"
            + _END
            + _ASKS
            + "{{ '<|im_start|>assistant\n' }}{% endif %}"
        ),
        stop_token=CHATML_STOP,
        needs=("<|im_start|>", CHATML_STOP),
    ),
    OfferedTemplate(
        name="tags",
        label="Tags",
        hint="<|user|> and <|assistant|> as plain text before each turn, the model's own stop token after it.",
        text=(
            _LOOP
            + "{{ '<|' + message['role'] + '|>\n' + message['content'] + eos_token + '\n' }}"
            + _END
            + _ASKS
            + "{{ '<|assistant|>\n' }}{% endif %}"
        ),
    ),
    OfferedTemplate(
        name="headings",
        label="Headings",
        hint="“### Instruction:” and “### Response:”, as Alpaca's, the model's own stop token after each answer.",
        text=(
            _LOOP
            + "{% if message['role'] == 'assistant' %}{{ '### Response:\n' + message['content'] + eos_token + '\n\n' }}"
            + "{% elif message['role'] == 'system' %}{{ message['content'] + '\n\n' }}"
            + "{% else %}{{ '### Instruction:\n' + message['content'] + '\n\n' }}{% endif %}"
            + _END
            + _ASKS
            + "{{ '### Response:\n' }}{% endif %}"
        ),
    ),
    OfferedTemplate(
        name="names",
        label="Names",
        hint="“User:” and “Assistant:” on lines of their own, the model's own stop token after each answer.",
        text=(
            _LOOP
            + "{{ message['role'] | capitalize + ': ' + message['content'] }}"
            + "{% if message['role'] == 'assistant' %}{{ eos_token }}{% endif %}{{ '\n' }}"
            + _END
            + _ASKS
            + "{{ 'Assistant:' }}{% endif %}"
        ),
    ),
)


def with_template(info: ModelInfo | None, step: DatasetStep | None) -> ModelInfo | None:
    """The model with the template that was chosen for it, where it has none of its own."""
    text, _ = template_of(info, step) if info is not None else ("", "")
    if info is None or not text or step is None or step.template is None:
        return info
    source = f"chosen by you: {step.template.name}"
    return info.model_copy(
        update={
            "chat_template": Fact[str](value=text, source=source),
            "chat": info.chat.model_copy(update={"value": "template", "source": source}),
        }
    )


def template_of(info: ModelInfo, step: DatasetStep | None) -> tuple[str, str]:
    """The chat template and the stop token that were chosen for a model; each empty where its own stands."""
    chosen = step.template if step is not None else None
    if chosen is None or chosen.model != info.id:
        return "", ""
    return ("" if info.chat_template.value else chosen.text), chosen.stop_token


def takes_template(method: str) -> bool:
    """Whether TRL 1.16 can be told of a chat template and a stop token for this method."""
    # `chat_template_path` and `eos_token` are keys of SFTConfig and RewardConfig alone.
    return method in ("sft", "reward")


def offered_template(name: str) -> OfferedTemplate | None:
    """The offered template of a name."""
    return next((template for template in OFFERED if template.name == name), None)
