"""Claims about the server started by hand."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path
from urllib.request import urlopen


def test_it_starts_from_the_command_line_and_says_how_to_use_it() -> None:
    root = Path(__file__).parent.parent.parent
    command = [sys.executable, "-m", "tests.hub_server", "--port", "0"]
    with subprocess.Popen(command, cwd=root, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        try:
            lines = iter(process.stdout.readline, "")
            url = next(match[1] for line in lines if (match := re.search(r"HF_ENDPOINT=(\S+)", line)))
            with urlopen(f"{url}/api/models?limit=2") as answer:
                assert len(json.load(answer)) == 2
        finally:
            process.kill()
