"""A job runs beside the script: it tells how far it is, keeps its log, ends with a result or an error, and can stop."""

import threading

import pytest

from napari_phy.core.errors import SortingError
from napari_phy.core.progress import CancelledError
from napari_phy.sorting.job import Job


def test_a_job_is_running_until_its_work_ends_and_then_has_the_result():
    may_end, is_half = threading.Event(), threading.Event()

    def work(reporter):
        on_progress = reporter.stage("Halving", 0.5)
        on_progress(1.0)
        is_half.set()
        may_end.wait()
        reporter.say("Half was enough.")
        return 42

    job = Job("the work", work)
    is_half.wait()
    assert (job.status, job.progress.stage, job.progress.fraction) == ("running", "Halving", 0.5)
    assert repr(job).startswith("<Job the work: Halving, 50%")
    with pytest.raises(TimeoutError, match="the work is not done yet"):
        job.result(timeout_s=0)
    may_end.set()
    assert job.result() == 42
    assert (job.status, job.progress.fraction, job.progress.time_left_s) == ("done", 1.0, 0.0)
    assert job.log == ("Half was enough.",)


def test_stages_follow_each_other():
    seen = []

    def work(reporter):
        for name, stop in (("one", 0.25), ("two", 1.0)):
            on_progress = reporter.stage(name, stop)
            for share in (0.0, 0.5, 1.0):
                on_progress(share)
                seen.append(reporter.progress.fraction)

    Job("stages", work).result()
    assert seen == [0.0, 0.125, 0.25, 0.25, 0.625, 1.0]


def test_a_job_that_fails_raises_its_error_as_often_as_it_is_asked():
    def work(reporter):
        raise SortingError("There are no channels.")

    job = Job("nothing", work)
    for _ in range(2):
        with pytest.raises(SortingError, match="There are no channels"):
            job.result()
    assert job.status == "failed"
    assert job.log == ("There are no channels.",)


def cancelled(finish):
    has_begun, may_go_on = threading.Event(), threading.Event()

    def work(reporter):
        on_progress = reporter.stage("Waiting", 1.0)
        has_begun.set()
        may_go_on.wait()
        try:
            on_progress(0.5)
        except CancelledError:
            return finish()

    job = Job("waiting", work)
    has_begun.wait()
    job.cancel()
    may_go_on.set()
    return job


def test_a_cancelled_job_raises_or_returns_what_it_has():
    def nothing():
        raise CancelledError

    job = cancelled(nothing)
    with pytest.raises(CancelledError):
        job.result()
    assert (job.status, job.log) == ("cancelled", ())
    job = cancelled(lambda: "the best so far")
    assert job.result() == "the best so far"
    assert job.status == "cancelled"


def test_a_job_that_was_done_before_it_was_cancelled_is_done():
    job = Job("quick", lambda reporter: 1)
    assert job.result() == 1
    job.cancel()
    assert job.status == "done"


def test_a_part_of_the_work_reports_to_the_whole():
    seen = []

    def work(reporter):
        reporter.stage("first", 0.2)(1.0)
        part = reporter.within(0.6)
        on_progress = part.stage("half of the second", 0.5)
        for share in (0.0, 1.0):
            on_progress(share)
            seen.append(round(reporter.progress.fraction, 6))
        part.say("So far so good.")
        part.stage("all of the second", 1.0)(1.0)
        seen.append(round(reporter.progress.fraction, 6))
        reporter.cancel()
        part.check()

    job = Job("parts", work)
    with pytest.raises(CancelledError):
        job.result()
    assert seen == [0.2, 0.4, 0.6]
    assert job.log == ("So far so good.",)
    assert job.status == "cancelled"
