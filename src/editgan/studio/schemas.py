"""What travels between the studio and its clients: requests, replies, events. Source of web/api.d.ts."""

import time
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from editgan.bundle.opened import Fidelity
from editgan.editing.composition import PasteMode
from editgan.studio.encoding import Format

Identifier = Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{1,64}$")]
Name = Annotated[str, Field(min_length=1, max_length=80)]
Byte = Annotated[int, Field(ge=0, le=255)]
Color = tuple[Byte, Byte, Byte]
Seed = Annotated[int, Field(ge=0, le=2**31 - 1)]
Psi = Annotated[float, Field(ge=0, le=1.5)]
DocumentJudge = Literal["default", "features", "lite1"]  # "default": what the studio was started with
JobKind = Literal["open", "edit", "compose", "batch", "picture", "branch"]
Box = tuple[float, float, float, float]  # x, y, w, h in the photo's pixels


class Message(BaseModel):
    """Unknown fields are refused: a misspelt one would silently do nothing."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Reply(Message):
    """Every field is there, whatever its default."""

    model_config = ConfigDict(json_schema_serialization_defaults_required=True)


class Problem(Message):
    """What every refusal answers."""

    error: str  # one sentence: what was wanted, what came, what to do
    code: str  # for programs: "photo", "no-subject", "labels", "unknown", "too-large", "limit", ...
    fields: dict[str, str | int | float] = {}  # values of the sentence, to say it in other words


class Part(Message):
    """One class of a label map."""

    id: Byte
    name: Annotated[str, Field(pattern=r"^\w{1,40}$")]
    color: Color


class Parts(Message):
    """All classes, ids 0, 1, 2, ... in order; groups name several at once."""

    classes: Annotated[list[Part], Field(min_length=2, max_length=64)]
    groups: dict[str, list[str]] = {}


class BundleInfo(Message):
    """One class of pictures that can be edited."""

    name: str
    subject: str  # "face", "cat"
    resolution: int  # side of its label maps, in pixels
    picture_px: int  # side of the pictures it draws; no smaller
    parts: Parts
    finds_subject: bool  # else every photo needs a box
    own: bool  # made in the annotation room, by this visitor


class Limits(Message):
    """What the server takes."""

    upload_bytes: int
    megapixels: float
    documents: int  # a visitor
    batch: int  # photos a batch
    kept_hours: float  # after the last visit, everything of a visitor is deleted


class About(Message):
    """Read once, when the page loads."""

    software: str
    bundles: list[BundleInfo]
    limits: Limits


class Strengths(Message):
    """What a slider sends while it moves."""

    strengths: Annotated[dict[Identifier, Annotated[float, Field(ge=-10, le=10)]], Field(max_length=64)]
    paste_mode: PasteMode = "geometry"  # move the photo's own pixels, draw the difference, or replace


class Composition(Strengths):
    """What is done to a photo: a sum of vectors, each at its strength, and perhaps a clean-up."""

    refine_steps: Annotated[int, Field(ge=0, le=200)] = 0


class Figures(Message):
    """What an edit did. PSNRs are in dB; None where nothing differs, or where it does not apply."""

    target_iou_before: float | None = None  # of the repainted parts, inside the region
    target_iou_after: float | None = None
    seen_iou_before: float | None = None  # the same, seen in the photo itself; None without a reader
    seen_iou_after: float | None = None
    seen_share: float | None = None  # of the asked parts before the edit: where they can be seen
    shape_distance: float | None = None  # of the painted part least like those seen; 1: than 98 of 100
    strange_part: str | None = None  # its name, where painting made it unlike all that were seen
    outside_psnr_db: float | None = None  # of the rendering, outside the region
    pasted_outside_max_abs_diff: int | None = None  # bytes: 0 unless something is wrong
    region_share: float | None = None  # of the aligned frame
    unmoved_share: float | None = None  # 0..1, of the change: what moving the photo's pixels cannot do
    seconds: float | None = None


class Entry(Reply):
    """One state of a document: the timeline is a list of them."""

    id: int
    kind: Literal["opened", "repainted", "vectors", "refined"]
    title: str  # the edit's name, or the vectors' names and strengths
    composition: Composition
    vector: Identifier | None = None  # learnt by this entry ("repainted")
    figures: Figures = Figures()
    warnings: list[str] = []
    keeps: bool = False  # made with something marked as not to be changed
    created: float = Field(default_factory=time.time)  # seconds since 1970


class Document(Reply):
    """A photo (or a sample) and its timeline."""

    id: Identifier
    name: str
    bundle: str
    kind: Literal["photo", "sample"]
    seed: int | None = None  # of a sample
    truncation_psi: float = 0.7  # of a sample
    width: int  # of the original, in pixels
    height: int
    is_open: bool = False  # aligned and embedded; before that there are no entries
    fidelity: Fidelity = "standard"
    judge: DocumentJudge = "default"  # of perceptual distance, in embedding and edits
    box: Box | None = None  # given by a person; None where the detector decides
    frame: list[tuple[float, float]] | None = None  # the aligned frame's corners in the photo, clockwise
    view_px: int  # side of the pictures of its entries
    reconstruction_psnr_db: float | None = None
    warning: str | None = None  # unlike the bundle's class of pictures
    remarks: list[str] = []  # about its file: what was converted, what is not kept
    error: str | None = None  # why opening failed
    error_code: str | None = None  # "no-subject": ask for a box
    job: Identifier | None = None  # that runs or waits for it
    keep: str | None = None  # another word for every mask of what must not change; None: nothing is marked
    entries: list[Entry] = []
    current: int = 0  # id of the entry that is shown and edited further
    created: float = Field(default_factory=time.time)  # seconds since 1970


class NewSample(Message):
    """A picture that the generator invents."""

    bundle: str
    seed: Seed
    truncation_psi: Psi = 0.7
    judge: DocumentJudge = "default"


class Opening(Message):
    """Open again: with another frame, nearer to the photo, or with another judge."""

    box: Box | None = None
    fidelity: Fidelity = "standard"
    judge: DocumentJudge = "default"


class Current(Message):
    """Go to another entry of the timeline."""

    entry: int


class NewVector(Message):
    """Keep what an entry learnt under a name."""

    name: Name


class Place(Message):
    """Where an edit lies, in shares of the frame."""

    left: float
    top: float
    right: float
    bottom: float


class Vector(Message):
    """An edit vector of the library."""

    id: Identifier
    name: str
    bundle: str
    opposite: str | None = None  # what its other end, at negative strengths, is called
    source: Literal["built-in", "own"]
    is_saved: bool  # False: of a repainting that was not given a name
    classes: list[str]
    strengths: tuple[float, float]  # beyond these the side effects are too large
    place: Place | None


class NewBatch(Message):
    """The same composition on several documents, which are opened first if they are not."""

    documents: Annotated[list[Identifier], Field(min_length=1, max_length=100)]
    composition: Composition
    format: Format = "png"
    strip_metadata: bool = False  # leave out the photos' EXIF, XMP and resolution, and the note of the edit


class JobStep(Message):
    """One step of a descent or a training."""

    index: int
    terms: dict[str, float]


class Job(Reply):
    """Long work. Poll it, or listen to its events."""

    id: Identifier
    kind: JobKind
    status: Literal["queued", "running", "done", "stopped", "failed"] = "queued"
    position: int = 0  # how many jobs are before it; 0 while it runs
    step: int = 0
    total: int = 0
    note: str = ""  # what it does just now: "embedding", "tuning", "editing", a photo's name
    seconds: float = 0.0  # since it began to run
    error: str | None = None
    error_code: str | None = None  # for programs, as of a `Problem`: "all-kept", "same-parts", ...
    error_fields: dict[str, str | int | float] = {}
    document: Identifier | None = None  # that it works on
    entry: int | None = None  # that it made
    batch: Identifier | None = None
    picture_set: Identifier | None = None
    picture: Identifier | None = None


class JobEvent(Message):
    """One server-sent event of a job (event: job). Newest state; the steps since the last event."""

    job: Job
    steps: list[JobStep]
    frame: str | None  # a data: URL of the picture as it is now, when there is a new one


class Batch(Reply):
    """A batch and what has become of it."""

    id: Identifier
    job: Identifier
    done: list[Identifier] = []  # documents with a result
    failed: dict[Identifier, str] = {}  # and why the others have none


class Picture(Reply):
    """A picture to label, as its generator sees it."""

    id: Identifier
    name: str
    is_ready: bool = False  # aligned, embedded and read by the branch
    is_labelled: bool = False  # saved by a person
    is_test: bool = False  # measures the new branch instead of teaching it
    disagreement: float | None = None  # 0..1, of the ensemble, mean over pixels
    error: str | None = None  # why it could not be read
    error_code: str | None = None  # "no-subject": ask for a frame
    photo_size: tuple[int, int] | None = (
        None  # width and height of the whole photo, in pixels; None for a sample
    )


class NewPictureSet(Message):
    """Start labelling for a bundle. Without parts, the bundle's."""

    name: Name
    bundle: str
    parts: Parts | None = None


class Measured(Message):
    """How well the new branch reads the test pictures."""

    miou: float | None  # None without test pictures
    iou: dict[str, float]  # by part
    left_out: list[str]  # parts that no labelled picture shows: the new branch does not know them
    pictures: int  # that taught
    bundle: str  # that carries the new branch


class PictureSet(Reply):
    """Pictures of one class, their labels, and the branch learnt from them."""

    id: Identifier
    name: str
    bundle: str
    parts: Parts
    label_px: int  # side of its label maps, in pixels
    pictures: list[Picture] = []
    suggested: Identifier | None = None  # where the ensemble disagrees most among the unlabelled
    job: Identifier | None = None
    measured: Measured | None = None
    created: float = Field(default_factory=time.time)  # seconds since 1970


class NewSamples(Message):
    """Pictures that the generator invents, to label."""

    seeds: Annotated[list[Seed], Field(min_length=1, max_length=64)]
    truncation_psi: Psi = 0.7


class PictureFrame(Message):
    """Read a picture again that could not be read: with a frame around its subject, or as before."""

    box: Box | None = None


class PictureUse(Message):
    """Whether a picture teaches or measures."""

    is_test: bool


class Training(Message):
    """Train a branch on what was labelled."""

    bundle: Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_-]{0,39}$")]  # the new bundle's name
    max_steps: Annotated[int, Field(ge=1, le=20000)] = 3000
