"""Waiting, stopping, streaming, walking away."""

import asyncio
import json
import threading
import time
from collections.abc import Callable
from typing import Any

import pytest
import torch
from fastapi import FastAPI
from studio.visit import JPEG, PATIENCE, Visit, repainted

from editgan.core.descent import Step
from editgan.core.errors import InputError
from editgan.studio.refusal import Refusal
from editgan.studio.work import Cancelled, Work, Worker

Serve = Callable[..., FastAPI]
LONG = 1000  # steps: seconds of work on the tiny bundle


def events(visit: Visit, job: str) -> list[dict[str, Any]]:
    with visit.http.stream("GET", f"/api/jobs/{job}/events") as reply:
        assert reply.headers["content-type"].startswith("text/event-stream")
        lines = [line for line in reply.iter_lines() if line.startswith("data: ")]
    return [json.loads(line[6:]) for line in lines]


def until(condition: Callable[[], bool], seconds: float = PATIENCE) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it never came about"
        time.sleep(0.01)


def test_events_tell_every_step_once_and_end_with_the_job(visit: Visit) -> None:
    document = visit.sample(1)
    target = repainted(visit.labels(document["id"], 0))
    job = visit.start_edit(document["id"], target, steps=60).json()["id"]
    seen = events(visit, job)
    steps = [step["index"] for event in seen for step in event["steps"]]
    assert 5 < len(steps) <= 61 and steps == list(range(len(steps)))
    assert {"labels", "pixels"} <= set(
        seen[-1]["steps"][-1]["terms"] if seen[-1]["steps"] else {"labels", "pixels"}
    )
    assert seen[-1]["job"]["status"] == "done" and seen[-1]["job"]["entry"] == 1


def test_pictures_come_while_an_edit_runs(visit: Visit) -> None:
    document = visit.sample(1)
    target = repainted(visit.labels(document["id"], 0))
    job = visit.start_edit(document["id"], target, steps=200).json()["id"]
    frames = [event["frame"] for event in events(visit, job) if event["frame"]]
    assert frames and all(frame.startswith("data:image/jpeg;base64,") for frame in frames)


def test_stopping_an_edit_keeps_its_best_so_far(visit: Visit) -> None:
    document = visit.sample(1)
    target = repainted(visit.labels(document["id"], 0))
    job = visit.start_edit(document["id"], target, steps=LONG).json()["id"]
    until(lambda: visit.get(f"jobs/{job}").json()["step"] >= 10)
    visit.http.delete(f"/api/jobs/{job}")
    ended = visit.wait(job)
    assert ended["status"] == "stopped" and ended["step"] < LONG
    entries = visit.document(document["id"])["entries"]
    assert [entry["kind"] for entry in entries] == ["opened", "repainted"]


def test_a_stopped_opening_leaves_no_half_embedding(visit: Visit, photo: bytes) -> None:
    document = visit.sample(1)
    blocking = visit.start_edit(document["id"], repainted(visit.labels(document["id"], 0)), steps=LONG).json()
    params = {"bundle": "tiny-32", "box": "164,60,120,120"}
    waiting = visit.post("documents", params=params, content=photo, headers=JPEG).json()
    assert visit.get(f"jobs/{waiting['job']}").json()["position"] == 1
    visit.http.delete(f"/api/jobs/{waiting['job']}")
    visit.http.delete(f"/api/jobs/{blocking['id']}")
    assert visit.wait(waiting["job"])["status"] == "stopped"
    assert not visit.document(waiting["id"])["is_open"]
    again = visit.post(f"documents/{waiting['id']}/opening", json={"box": [164, 60, 120, 120]}).json()
    assert visit.wait(again["job"])["status"] == "done"


def test_a_slider_does_not_wait_for_somebody_elses_edit(serve: Serve) -> None:
    app = serve()
    one, other = Visit(app), Visit(app)
    mine, theirs = one.sample(1), other.sample(2)
    job = one.start_edit(mine["id"], repainted(one.labels(mine["id"], 0)), steps=LONG).json()["id"]
    until(lambda: one.get(f"jobs/{job}").json()["status"] == "running")
    for _ in range(5):
        assert other.post(f"documents/{theirs['id']}/preview", json={"strengths": {}}).status_code == 200
    assert one.get(f"jobs/{job}").json()["status"] == "running"
    one.http.delete(f"/api/jobs/{job}")
    one.wait(job)


def test_a_job_that_nobody_looks_at_any_more_is_stopped(serve: Serve) -> None:
    app = serve(abandoned_seconds=0.2)
    visit = Visit(app)
    document = visit.sample(1)
    job = visit.start_edit(document["id"], repainted(visit.labels(document["id"], 0)), steps=LONG).json()[
        "id"
    ]
    worker: Worker = app.state.studio.worker
    time.sleep(0.3)  # a closed tab
    worker.tidy(0.2)
    until(lambda: worker.works[job].is_over)
    assert worker.works[job].job.status == "stopped"


def test_one_document_has_one_job_at_a_time(visit: Visit) -> None:
    document = visit.sample(1)
    target = repainted(visit.labels(document["id"], 0))
    job = visit.start_edit(document["id"], target, steps=LONG).json()["id"]
    second = visit.start_edit(document["id"], target, steps=5)
    assert second.status_code == 409 and second.json()["code"] == "busy"
    visit.http.delete(f"/api/jobs/{job}")
    visit.wait(job)


def test_a_visitor_has_only_so_many_jobs(serve: Serve) -> None:
    app = serve(jobs_each=2)
    visit = Visit(app)
    documents = [visit.sample(seed) for seed in range(3)]
    replies = [
        visit.start_edit(document["id"], repainted(visit.labels(document["id"], 0)), steps=LONG)
        for document in documents
    ]
    assert [reply.status_code for reply in replies] == [202, 202, 429]
    other = Visit(app)  # is not kept out by that
    assert other.post("samples", json={"bundle": "tiny-32", "seed": 1}).status_code == 202
    for reply in replies[:2]:
        visit.http.delete(f"/api/jobs/{reply.json()['id']}")


def test_a_document_deleted_in_mid_edit_is_gone(visit: Visit) -> None:
    document = visit.sample(1)
    job = visit.start_edit(document["id"], repainted(visit.labels(document["id"], 0)), steps=LONG).json()[
        "id"
    ]
    assert visit.http.delete(f"/api/documents/{document['id']}").status_code == 204
    visit.wait(job)
    assert visit.get(f"documents/{document['id']}").status_code == 404
    assert visit.get("documents").json() == []


# The worker by itself


@pytest.fixture
def worker() -> Any:
    worker = Worker(max_waiting=3, max_each=3)
    worker.start()
    yield worker
    worker.close()


def test_jobs_run_in_order_one_at_a_time(worker: Worker) -> None:
    order: list[int] = []
    works = [Work("edit", "v", lambda work, i=i: order.append(i)) for i in range(3)]
    for work in works:
        worker.submit(work)
    until(lambda: all(work.is_over for work in works))
    assert order == [0, 1, 2]


def test_positions_count_down(worker: Worker) -> None:
    gate = threading.Event()
    first = worker.submit(Work("edit", "a", lambda work: gate.wait(10) and None))
    until(lambda: first.job.status == "running")
    second = worker.submit(Work("edit", "b", lambda work: None))
    third = worker.submit(Work("edit", "c", lambda work: None))
    assert (second.job.position, third.job.position) == (1, 2)
    worker.stop(second)
    assert second.job.status == "stopped" and third.job.position == 1
    gate.set()
    until(lambda: third.is_over)


def test_a_job_that_fails_says_why_and_the_next_one_runs(worker: Worker, caplog: Any) -> None:
    def mistaken(work: Work) -> None:
        raise InputError("the photo should be square")

    def broken(work: Work) -> None:
        raise ZeroDivisionError("secret detail")

    works = [worker.submit(Work("edit", "v", act)) for act in (mistaken, broken)]
    until(lambda: all(work.is_over for work in works))
    assert works[0].job.error == "the photo should be square"
    assert works[1].job.status == "failed" and "secret" not in str(works[1].job.error)
    assert "ZeroDivisionError" in caplog.text
    fine = worker.submit(Work("edit", "v", lambda work: None))
    until(lambda: fine.is_over)
    assert fine.job.status == "done"


def test_quick_work_gives_its_result_or_its_error(worker: Worker) -> None:
    assert worker.quick(lambda: 7).result(5) == 7

    def refuse() -> None:
        raise Refusal(404, "unknown", "there is none")

    with pytest.raises(Refusal):
        worker.quick(refuse).result(5)


def test_a_full_queue_refuses(worker: Worker) -> None:
    gate = threading.Event()
    running = worker.submit(Work("edit", "a", lambda work: gate.wait(10) and None))
    until(lambda: running.job.status == "running")
    for visitor in "bcd":
        worker.submit(Work("edit", visitor, lambda work: None))
    with pytest.raises(Refusal, match="waiting"):
        worker.submit(Work("edit", "e", lambda work: None))
    gate.set()


def test_a_half_that_is_no_use_is_cancelled() -> None:
    work = Work("open", "v", lambda work: work.check(keep_best=False))
    work.is_stopping = True
    with pytest.raises(Cancelled):
        work.act(work)
    work.run()
    assert work.job.status == "stopped"


def test_a_listener_that_comes_late_gets_everything() -> None:
    async def listen(work: Work) -> list[int]:
        return [step.index async for event in work.events() if event for step in event.steps]

    work = Work("edit", "v", lambda work: None)
    for index in range(5):
        work.saw(Step(index, torch.zeros(1), {"labels": 1.0}))
    work.run()
    assert asyncio.run(listen(work)) == [0, 1, 2, 3, 4]
    assert work.streams == 0
