"""What columns are called in the wild, for each thing a format needs; all in small letters.

The names are those of public data sets: hiyouga/LLaMA-Factory's `dataset_info.json`, TRL's documented formats, and the
data set cards named in `tests/recorded/dataset_formats.json`.
"""

from __future__ import annotations

CONVERSATION = (
    "messages",
    "conversations",
    "conversation",
    "chat",
    "dialogue",
    "dialog",
    "turns",
    "trajectory",
    "traj",
)
INSTRUCTION = (
    ("instruction", "output"),
    ("instruction", "response"),
    ("instruction", "answer"),
    ("instruction", "completion"),
    ("question", "answer"),
    ("question", "response"),
    ("question", "best_answer"),
    ("question", "solution"),
    ("query", "response"),
    ("query", "answer"),
    ("input", "output"),
    ("input", "target"),
    ("input", "response"),
    ("inputs", "targets"),
    ("problem", "solution"),
    ("problem", "generated_solution"),
    ("problem", "answer"),
    ("user", "assistant"),
    ("human", "assistant"),
    ("context", "response"),
    ("content", "summary"),
    ("document", "summary"),
    ("dialogue", "summary"),
    ("article", "highlights"),
    ("message_1", "message_2"),
    ("q", "a"),
    ("article", "summary"),
    ("instruction", "revision"),
)
PROMPT = (
    ("prompt", "completion"),
    ("prompt", "response"),
    ("prompt", "output"),
    ("prompt", "answer"),
    ("prompt", "text"),
    ("prompt", "generation"),
    ("prompt", "solution"),
)
TEXT = ("text", "content", "raw_content", "document", "body")
PREFERENCE = (
    ("chosen", "rejected"),
    ("chosen_response", "rejected_response"),
    ("response_j", "response_k"),
    ("preferred_output", "non_preferred_output"),
    ("preferred", "dispreferred"),
    ("better", "worse"),
    ("response_chosen", "response_rejected"),
    ("answer_chosen", "answer_rejected"),
)
LABEL = ("label", "kto_tag")
JUDGED = ("completion", "response", "answer", "output")
PROMPTS = ("prompt", "question", "instruction", "problem", "query", "input")
SOLUTION = ("solution", "answer", "ground_truth", "final_answer", "target", "reference", "expected_answer")
TOKENS = ("input_ids",)
MEDIA = ("image", "images", "video", "videos", "audio", "audios")
EXTRAS: dict[str, tuple[str, ...]] = {
    "input": ("input", "context", "article", "passage"),
    "system": ("system", "system_prompt", "system_message", "sys_prompt"),
    "history": ("history",),
    "tools": ("tools", "functions"),
}

# Columns that hold one side of an example, not a conversation.
ANSWERS = frozenset({"prompt", "completion", *(name for pair in PREFERENCE for name in pair)})
