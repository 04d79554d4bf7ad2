"""Reads spoiled files of each kind in little memory, and prints as JSON what went wrong.

    python tests/fuzz/trial.py COUNT [--seed 1] [--only KIND] [--keep FOLDER]

A program of its own: a crash, or memory that runs out, is then a result and not the end of the tests. The
gate takes a few of each kind; by hand, thousands.
"""

import argparse
import json
import random
import resource
import sys
import time
import warnings
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

sys.path.insert(0, str(Path(__file__).parent.parent))

from fuzz.mutants import spoiled_bytes, spoiled_header, spoiled_json
from fuzz.readers import Kind, kinds

from editgan.core.errors import EditGANError

MEMORY = 1 << 30  # bytes, beyond what importing took
SLOWEST = 5.0  # seconds for one file
LONGEST = 2_100  # characters of a sentence, the file's place left out
FAULTS = {"bytes": spoiled_bytes, "json": spoiled_json, "header": spoiled_header}


def mutants(kind: Kind, folder: Path, count: int, seed: str) -> Iterator[tuple[bytes, Path]]:
    """Each lies in a folder with what belongs to it."""
    folder.mkdir()
    kind.make(folder)
    good = (folder / kind.file).read_bytes()
    kind.read(folder / kind.file)  # or nothing would be tried
    rng = random.Random(seed)
    for _ in range(count):
        data = FAULTS[rng.choice(kind.faults)](good, rng)
        (folder / kind.file).write_bytes(data)
        yield data, folder / kind.file


def attempt(kind: Kind, path: Path) -> dict[str, Any]:
    """What is said of a file, in how many seconds; and what is wrong with that."""
    start, told, wrong = time.process_time(), None, None  # other programs take their time, too
    try:
        kind.read(path)
    except EditGANError as error:
        told = str(error).replace(str(path.parent), "")
        if len(told) > LONGEST or not told.isprintable():
            wrong = f"no sentence: {told[:200]!r}"
    except Exception as error:
        wrong = repr(error)[:300]
    seconds = time.process_time() - start
    if seconds > SLOWEST:
        wrong = wrong or f"{seconds:.1f} s"
    return {"told": told, "wrong": wrong, "seconds": seconds}


def main() -> None:
    """Prints {kind: {"tried", "read", "slowest", "wrong": [...]}}."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("count", type=int)
    parser.add_argument("--seed", default="1")
    parser.add_argument("--only", default="")
    parser.add_argument("--keep", type=Path)
    asked = parser.parse_args()
    warnings.simplefilter("ignore")
    if (status := Path("/proc/self/statm")).exists():  # on Linux
        taken = int(status.read_text().split()[0]) * resource.getpagesize()
        resource.setrlimit(resource.RLIMIT_AS, (taken + MEMORY, taken + MEMORY))
    results = {}
    for name, kind in kinds().items():
        if asked.only not in name:
            continue
        with TemporaryDirectory() as scratch:
            found = []
            for index, (data, path) in enumerate(
                mutants(kind, Path(scratch) / "x", asked.count, asked.seed + name)
            ):
                found.append(attempt(kind, path))
                if found[-1]["wrong"] and asked.keep:
                    asked.keep.mkdir(exist_ok=True)
                    (asked.keep / f"{name}-{index}").write_bytes(data)
        results[name] = {
            "tried": len(found),
            "read": sum(not (r["told"] or r["wrong"]) for r in found),
            "slowest": round(max(r["seconds"] for r in found), 2),
            "wrong": [f"{i}: {r['wrong']}" for i, r in enumerate(found) if r["wrong"]],
        }
    json.dump(results, sys.stdout, indent=1)


if __name__ == "__main__":
    main()
