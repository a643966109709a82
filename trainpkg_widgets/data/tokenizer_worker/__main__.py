"""Requests in, answers out, one JSON value a line."""

from __future__ import annotations

import json
import sys
from typing import Any

from .counted import count, survey
from .drawn import see
from .words import RefusedError, Words


def about(words: Words) -> dict[str, Any]:
    """What is known of a loaded tokenizer."""
    import transformers

    tokenizer = words.tokenizer
    template = tokenizer.chat_template
    return {
        "transformers": transformers.__version__,
        "fast": bool(tokenizer.is_fast),
        "stop_token": tokenizer.eos_token or "",
        "own_stop_token": words.own_stop or "",
        "stop_known": words.stop_known,
        "stops": [words.decode([i]) for i in sorted(words.stops)],
        "template": template if isinstance(template, str) else "",
        "knows": sorted(tokenizer.get_added_vocab()),
    }


def main() -> None:
    """Answer requests until there are no more."""
    answers = sys.stdout
    # Whatever a library prints must not stand among the answers.
    sys.stdout = sys.stderr
    words: Words | None = None
    for line in sys.stdin:
        request = json.loads(line)
        try:
            if request["do"] == "load":
                _limit_memory(request["memory_bytes"])
                words = Words(request["folder"], request["template"], request["stop_token"], request["most_characters"])
                answer = about(words)
            elif words is None:
                raise RefusedError("not-loaded", "no tokenizer is loaded")
            else:
                answer = {"see": see, "survey": survey, "count": count}[request["do"]](request, words)
        except RefusedError as error:
            answer = {"code": error.code, "message": str(error)}
        except MemoryError:
            answer = {"code": "memory", "message": "it takes more memory than it may"}
        except Exception as error:  # noqa: BLE001 - a template is a program: it may raise anything
            answer = {"code": "template-refused", "message": f"{type(error).__name__}: {error}"[:400]}
        answers.write(json.dumps(answer, ensure_ascii=True) + "\n")
        answers.flush()


def _limit_memory(most: int) -> None:
    try:
        import resource
    except ImportError:  # Windows
        return
    resource.setrlimit(resource.RLIMIT_AS, (most, most))


if __name__ == "__main__":
    main()
