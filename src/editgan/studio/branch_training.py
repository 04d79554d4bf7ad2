"""A new bundle from a set's labels: the set's bundle with a branch that was trained on them.

The training is `editgan train branch` in a process of its own: the studio does not know how to train, and a
training that fails takes nothing down with it. The bundle appears when all has gone well, and only then.
"""

import json
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TextIO

import torch

from editgan.bundle.folder import load_draft, save_bundle
from editgan.core.descent import Step
from editgan.core.errors import InputError, LabelError
from editgan.core.files import replacing_folder
from editgan.core.labels import LabelSchema
from editgan.editing.library import FOLDER as VECTORS
from editgan.editing.vector import EditVector
from editgan.studio.annotation_room import AnnotationRoom
from editgan.studio.annotations import write_annotations
from editgan.studio.bundles import schema_of
from editgan.studio.documents import DocumentFolder
from editgan.studio.picture_sets import SetFolder
from editgan.studio.records import newest_first
from editgan.studio.refusal import Refusal
from editgan.studio.schemas import Measured, PictureSet, Training
from editgan.studio.set_parts import split, teachable
from editgan.studio.visitors import used_bytes
from editgan.studio.work import Work

LOOK_SECONDS = 0.03  # between two looks at the training, and at who waits for the device
TELL_SECONDS = 0.5  # between two words to those who watch, while the training says nothing
GRACE_SECONDS = 5.0  # for a training that is asked to end
PICTURES = ("samples.webp", "reconstructions.webp")  # of the generator and the encoder, which stay the same


def start_training(room: AnnotationRoom, folder: SetFolder, asked: Training) -> Work:
    """Queues it. Raises Refusal where it could not end well."""
    found, visitor = folder.load(), folder.visitor
    if (count := len(split(found)[0])) < 2:
        sentence = f"a branch learns from at least 2 labelled pictures, there are {count}"
        raise Refusal(409, "labels", sentence)
    teachable(folder, found)
    target = room.bundles.check_new_name(visitor, asked.bundle)
    documents = (each.load() for each in newest_first(DocumentFolder, visitor))
    if target.exists() and any(document.bundle == asked.bundle for document in documents):
        sentence = f"photos are open with {asked.bundle}; choose another name, or delete those first"
        raise Refusal(409, "name", sentence)
    size = used_bytes(room.bundles.folder(visitor, found.bundle))
    if visitor.used_bytes() + size > room.settings.disk_bytes:
        raise Refusal(409, "limit", "your pictures leave no space for another bundle; delete some")
    return folder.start(room.worker, "branch", partial(_train, room, folder, asked), asked.max_steps)


def _train(room: AnnotationRoom, folder: SetFolder, asked: Training, work: Work) -> None:
    found, visitor = folder.load(), folder.visitor
    (teaching, test), schema = split(found), teachable(folder, found)
    base = room.bundles.editor(visitor, found.bundle).bundle
    with TemporaryDirectory(dir=folder.path, prefix=".training-", ignore_cleanup_errors=True) as scratch:
        labelled, bundle = Path(scratch) / "labelled", Path(scratch) / "bundle"
        work.update(note="preparing")
        write_annotations(folder, found, labelled, schema)
        copy_for_new_parts(room.bundles.folder(visitor, found.bundle), bundle, asked.bundle, schema)
        work.update(note="embedding")
        command = [sys.executable, "-P", "-m", "editgan.cli.main", "train", "branch", "--json-lines"]
        command += ["--bundle", str(bundle), "--annotations", str(labelled), "--device", str(base.device)]
        command += ["--label-side", str(base.label_side), "--set", f"max_steps={asked.max_steps}"]
        command += ["--test", str(labelled / "test")] if test else []
        run_training(command, Path(scratch), work, room.worker.serve_quick)
        measured = _measured(bundle, found, schema, len(teaching))
        target = room.bundles.check_new_name(visitor, asked.bundle)
        room.bundles.forget(target)
        _move(bundle, target)
    folder.change(measured=measured)


def run_training(command: list[str], scratch: Path, work: Work, meanwhile: Callable[[], None]) -> None:
    """Runs the command to its end; `meanwhile` is called all the time, and may find the work stopped.

    Raises:
        Cancelled: the work was stopped, and the process with it.
        InputError: the process failed, with its own sentence.
    """
    output, errors = scratch / "output.txt", scratch / "errors.txt"
    with (
        output.open("w") as stdout,
        errors.open("w") as stderr,
        output.open() as lines,
        subprocess.Popen(command, stdout=stdout, stderr=stderr) as process,
    ):
        told = 0.0
        try:
            while process.poll() is None:
                meanwhile()
                _follow(lines, work)
                if (now := time.monotonic()) - told > TELL_SECONDS:
                    work.update()  # the time, at least
                    told = now
                work.check(keep_best=False)
                time.sleep(LOOK_SECONDS)
            _follow(lines, work)
        finally:
            _end(process)
    work.check(keep_best=False)
    if status := process.returncode:
        raise InputError(f"the training failed: {_sentence(errors.read_text()) or f'it ended with {status}'}")


def copy_for_new_parts(source: Path, target: Path, name: str, schema: LabelSchema) -> None:
    """A bundle under another name, with those of its edit vectors whose parts are in `schema`."""
    save_bundle(load_draft(source).having(name=name), target)
    for picture in PICTURES:
        if (source / picture).exists():
            shutil.copyfile(source / picture, target / picture)
    (target / VECTORS).mkdir()
    for path in (source / VECTORS).glob("*.safetensors"):
        with suppress(LabelError):  # it edits a part that is no more
            schema.ids(*EditVector.load(path).classes)
            for file in (path, path.with_suffix(".webp")):
                if file.exists():
                    shutil.copyfile(file, target / VECTORS / file.name)


def _follow(lines: TextIO, work: Work) -> None:
    """Notes what the training has said since."""
    start = lines.tell()
    while (line := lines.readline()).endswith("\n"):
        start = lines.tell()
        if not line.startswith("{"):
            continue  # some library's, not ours
        status = json.loads(line)
        if work.job.note != "training":
            work.update(note="training")
        work.saw(Step(status["images"], torch.empty(0), status["terms"]))
    lines.seek(start)  # the rest of a line is still to come


def _end(process: subprocess.Popen[bytes]) -> None:
    """Asks it to end, and insists after a while."""
    if process.poll() is not None:
        return
    process.terminate()
    try:
        process.wait(GRACE_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()


def _sentence(text: str) -> str:
    """What the command told a person, last; tracebacks are for the log."""
    told = [line for line in text.splitlines() if line.startswith("editgan: ")]
    return told[-1].removeprefix("editgan: ")[:300] if told else ""


def _measured(bundle: Path, found: PictureSet, schema: LabelSchema, pictures: int) -> Measured:
    trained = load_draft(bundle)
    test = trained.facts.branch.test
    return Measured(
        miou=test.miou,
        iou=dict(test.iou_per_class or {}),
        left_out=[name for name in schema_of(found.parts).names if name not in schema.names],
        pictures=pictures,
        bundle=trained.name,
    )


def _move(bundle: Path, target: Path) -> None:
    with replacing_folder(target) as scratch:
        for path in sorted(bundle.iterdir(), key=lambda path: path.name == "bundle.json"):
            path.rename(scratch / path.name)
