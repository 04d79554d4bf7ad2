"""Jobs, and the one worker that owns the device.

Long jobs run one at a time, in order. Quick requests (a slider's picture, a thumbnail) do not wait for them:
they are served between two steps of the descent that is running. So the device never does two things at once,
and a slider stays smooth while somebody else's edit runs.
"""

import asyncio
import logging
import secrets
import threading
import time
from collections import deque
from collections.abc import AsyncIterator, Callable
from concurrent.futures import Future
from dataclasses import replace
from typing import Any, TypeVar

from editgan.core.descent import Enough, Step, Watch
from editgan.core.errors import EditGANError
from editgan.studio.encoding import data_url
from editgan.studio.refusal import Refusal
from editgan.studio.schemas import Job, JobEvent, JobKind, JobStep

log = logging.getLogger("editgan.studio")

T = TypeVar("T")
OVER = ("done", "stopped", "failed")
MAX_STEPS = 20_000  # remembered of a job, for its plots
FRAME_SECONDS = 0.25  # between two pictures of a walk: each costs a generator pass
EVENT_SECONDS = 0.08  # between two events: more often than a person can see costs more than it shows
HEARTBEAT_SECONDS = 15.0  # so that proxies keep a silent stream open, and a closed tab is noticed
KEPT_SECONDS = 600.0  # after a job's end


class Cancelled(Exception):
    """The job was cancelled, and half of it is worth nothing."""


class Work:
    """A job from the inside. The worker's thread writes it, everybody may read it."""

    def __init__(self, kind: JobKind, visitor: str, act: Callable[["Work"], None], **about: Any) -> None:
        self.kind, self.visitor, self.act = kind, visitor, act
        self.job = Job(id=secrets.token_urlsafe(12), kind=kind, **about)
        self.steps: list[JobStep] = []
        self.frame: str | None = None
        self.frame_number = 0
        self.is_stopping = False
        self.seen = time.monotonic()  # when somebody last asked for it
        self.ended: float | None = None
        self.streams = 0
        self._started = 0.0
        self._listeners: set[tuple[asyncio.AbstractEventLoop, asyncio.Event]] = set()

    @property
    def is_over(self) -> bool:
        """Done, stopped or failed."""
        return self.job.status in OVER

    def update(self, **changes: Any) -> None:
        """Changes what clients see of the job, and tells those who listen."""
        if self._started and not self.is_over:
            changes["seconds"] = round(time.monotonic() - self._started, 3)
        self.job = self.job.model_copy(update=changes)
        for loop, event in list(self._listeners):
            loop.call_soon_threadsafe(event.set)

    def saw(self, step: Step) -> None:
        """One step of a descent."""
        if len(self.steps) < MAX_STEPS:
            self.steps.append(JobStep(index=step.index, terms=step.terms))
        self.update(step=step.index)

    def show(self, jpeg: bytes) -> None:
        """A picture of how it stands."""
        self.frame, self.frame_number = data_url(jpeg), self.frame_number + 1

    def check(self, *, keep_best: bool) -> None:
        """Ends the walk if somebody asked for it: raises Enough, or Cancelled where a half is no use."""
        if self.is_stopping:
            raise Enough if keep_best else Cancelled

    def run(self) -> None:
        """The whole job; whatever happens, it ends in a state that clients understand."""
        self._started = time.monotonic()
        self.update(status="running", position=0)
        try:
            self.act(self)
            self.update(status="stopped" if self.is_stopping else "done")
        except Cancelled:
            self.update(status="stopped")
        except EditGANError as error:
            about = {"error": str(error), "error_code": error.code, "error_fields": dict(error.fields)}
            self.update(status="failed", **about)
        except Refusal as refusal:
            self.update(status="failed", error=refusal.error, error_code=refusal.code)
        except Exception:
            self.update(status="failed", error="something went wrong in the studio; its log says what")
            raise
        finally:
            self.ended = time.monotonic()
            self.act = _nothing  # what it closed over may be large

    async def events(self) -> AsyncIterator[JobEvent | None]:
        """The newest state whenever it changes, until the job ends; None now and then, as a sign of life."""
        event = asyncio.Event()
        listener = (asyncio.get_running_loop(), event)
        self._listeners.add(listener)
        self.streams += 1
        num_steps = frame_number = 0
        try:
            while True:
                event.clear()
                job, new, number = self.job, self.steps[num_steps:], self.frame_number
                yield JobEvent(job=job, steps=new, frame=self.frame if number > frame_number else None)
                num_steps, frame_number = num_steps + len(new), number
                if job.status in OVER:
                    return
                await asyncio.sleep(EVENT_SECONDS)
                while not event.is_set():
                    try:
                        await asyncio.wait_for(event.wait(), HEARTBEAT_SECONDS)
                    except TimeoutError:
                        yield None
        finally:
            self.streams -= 1
            self.seen = time.monotonic()
            self._listeners.discard(listener)


class Worker:
    """One thread, a queue of jobs, and a fast lane."""

    def __init__(self, max_waiting: int = 100, max_each: int = 6) -> None:
        self.max_waiting, self.max_each = max_waiting, max_each
        self.works: dict[str, Work] = {}
        self._waiting: deque[Work] = deque()
        self._quick: deque[tuple[Callable[[], Any], Future[Any]]] = deque()
        self._running: Work | None = None
        self._wake = threading.Condition()
        self._is_closing = False
        self._thread = threading.Thread(target=self._loop, name="editgan-worker", daemon=True)

    def start(self) -> None:
        """Begins to work."""
        self._thread.start()

    def close(self) -> None:
        """Stops what runs and drops what waits."""
        with self._wake:
            self._is_closing = True
            for work in [*self._waiting, *([self._running] if self._running else [])]:
                work.is_stopping = True
            self._waiting.clear()
            self._wake.notify()
        self._thread.join(timeout=10)

    def submit(self, work: Work) -> Work:
        """Queues a job. Raises Refusal if the visitor, or everybody together, has too many."""
        with self._wake:
            active = [w for w in self.works.values() if not w.is_over]
            if sum(w.visitor == work.visitor for w in active) >= self.max_each:
                raise Refusal(
                    429, "limit", f"{self.max_each} of your jobs wait already; let one of them finish first"
                )
            if len(self._waiting) >= self.max_waiting:
                raise Refusal(503, "busy", "too many people are waiting just now; try again in a minute")
            self.works[work.job.id] = work
            self._waiting.append(work)
            self._number()
            self._wake.notify()
        return work

    def quick(self, act: Callable[[], T]) -> Future[T]:
        """Something short for the device, before the next step of whatever runs."""
        future: Future[T] = Future()
        with self._wake:
            if self._is_closing:
                raise Refusal(503, "closing", "the studio is being closed; try again when it is back")
            self._quick.append((act, future))
            self._wake.notify()
        return future

    def serve_quick(self) -> None:
        """Everything in the fast lane, now. Long jobs call it at every step."""
        while self._quick:
            act, future = self._quick.popleft()
            if not future.set_running_or_notify_cancel():
                continue
            try:
                future.set_result(act())
            except Exception as error:  # it belongs to whoever asked
                future.set_exception(error)

    def watch(
        self,
        work: Work,
        frame: Callable[[Step], bytes] | None = None,  # a JPEG of how it stands
        *,
        keep_best: bool = False,  # of a walk that is stopped
        done: int = 0,  # steps of walks before
    ) -> Watch:
        """At every step: serve who waits, note the step, show a frame now and then, end if asked to."""
        shown = time.monotonic()

        def watch(step: Step) -> None:
            nonlocal shown
            self.serve_quick()
            if frame is not None and time.monotonic() - shown > FRAME_SECONDS:
                shown = time.monotonic()
                work.show(frame(step))
            work.saw(replace(step, index=done + step.index))
            work.check(keep_best=keep_best)

        return watch

    def find(self, job: str, visitor: str) -> Work | None:
        """A visitor's own job."""
        work = self.works.get(job)
        return work if work is not None and work.visitor == visitor else None

    def stop(self, work: Work) -> None:
        """A waiting job goes away; a running one ends at its next step."""
        with self._wake:
            work.is_stopping = True
            if work in self._waiting:
                self._waiting.remove(work)
                work.ended = time.monotonic()
                work.update(status="stopped")
                self._number()

    def tidy(self, abandoned_seconds: float) -> None:
        """Stops jobs that nobody looks at any more, and forgets those that ended a while ago."""
        now = time.monotonic()
        for work in list(self.works.values()):
            if work.ended is not None:
                if now - work.ended > KEPT_SECONDS:
                    self.works.pop(work.job.id, None)
            elif not work.streams and now - work.seen > abandoned_seconds:
                self.stop(work)

    def _number(self) -> None:
        ahead = 1 if self._running else 0
        for position, work in enumerate(self._waiting, start=ahead):
            if work.job.position != position:
                work.update(position=position)

    def _loop(self) -> None:
        while True:
            with self._wake:
                self._wake.wait_for(lambda: self._quick or self._waiting or self._is_closing)
                if self._is_closing and not self._quick:
                    return
            self.serve_quick()
            with self._wake:
                self._running = self._waiting.popleft() if self._waiting else None
                self._number()
            if self._running is not None:
                try:
                    self._running.run()
                except Exception:
                    log.exception("a job of kind %s failed", self._running.kind)
                finally:
                    self._running = None


def _nothing(work: Work) -> None:
    pass
