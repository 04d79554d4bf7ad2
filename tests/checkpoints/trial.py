"""Opens each file of a folder, in little memory, and prints as JSON what came of it.

    python trial.py FOLDER

A program of its own: a crash, or memory that runs out, is then a result and not the end of the tests.
"""

import json
import resource
import sys
import time
import warnings
from pathlib import Path
from typing import Any

from editgan.checkpoints.reading.reader import open_checkpoint
from editgan.core.errors import CheckpointError

MEMORY = 1 << 30  # bytes, beyond what importing took


def attempt(path: Path) -> dict[str, Any]:
    """What is said of a file; None where it is read."""
    start, told, cause = time.process_time(), None, None  # however busy the machine is
    try:
        with open_checkpoint(path) as file:
            file.value(only={"G_ema", "g_ema"})
            file.value()
    except CheckpointError as error:
        told, cause = str(error).removeprefix(str(path)), repr(error.__cause__) if error.__cause__ else None
    return {"told": told, "cause": cause, "seconds": time.process_time() - start}


def main() -> None:
    """Any other exception ends it with a traceback."""
    warnings.simplefilter("error")
    if (status := Path("/proc/self/statm")).exists():  # on Linux
        taken = int(status.read_text().split()[0]) * resource.getpagesize()
        resource.setrlimit(resource.RLIMIT_AS, (taken + MEMORY, taken + MEMORY))
    results = {path.name: attempt(path) for path in sorted(Path(sys.argv[1]).iterdir())}
    json.dump(results, sys.stdout)


if __name__ == "__main__":
    main()
