"""Import and construct: the wizard beside a bare anywidget counter, in fresh processes, by turns.

python -m tests.bench.start_up [RUNS]
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys

_TIMED = "import time; t = time.perf_counter(); {code}; print(time.perf_counter() - t)"
_COUNTER = "from tests.bench.counter import Counter; Counter()"
_WIZARD = "from trainpkg_widgets import TrainingPackageWizard; TrainingPackageWizard(autosave=False)"


def seconds(code: str) -> float:
    """How long `code` takes in a fresh interpreter, without the interpreter's own start.

    Ours is imported compiled, as everything that was installed is.
    """
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    command = [sys.executable, "-c", _TIMED.format(code=code)]
    run = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    return float(run.stdout.split()[-1])


def main(runs: int = 9) -> None:
    seconds(_COUNTER), seconds(_WIZARD)
    pairs = [(seconds(_COUNTER), seconds(_WIZARD)) for _ in range(runs)]
    counter, wizard = (statistics.median(column) for column in zip(*pairs, strict=True))
    ratio = statistics.median(b / a for a, b in pairs)
    print(f"import and construct, median of {runs} fresh processes by turns")
    print(f"  bare anywidget counter  {counter * 1000:7.0f} ms")
    print(f"  wizard                  {wizard * 1000:7.0f} ms    ratio {ratio:.2f} (at most 1.8)")


if __name__ == "__main__":
    main(*(int(argument) for argument in sys.argv[1:2]))
