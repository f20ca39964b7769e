"""Fetching: sends the Requests of a Plan from several threads, and keeps every Answer.

What the threads share is in `shared`; what one of them does is in `traveller`.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable

from engagement_kit.fetch.control import Control
from engagement_kit.fetch.doors import Doors, Orders
from engagement_kit.fetch.shared import Run
from engagement_kit.fetch.steps import Fetched, Step
from engagement_kit.fetch.traveller import Traveller
from engagement_kit.question.request import Request


def fetch(
    requests: Iterable[Request],
    doors: Doors,
    orders: Orders,
    *,
    on_step: Callable[[Step], None] = lambda _step: None,
    control: Control | None = None,
    into: Fetched | None = None,
) -> Fetched:
    """Send requests and keep every answer.

    A request that fails is noted, and the others go on. A batch that is refused because of some
    tweets is asked again without them; where none is named, by halves. When a person interrupts
    or stops the run it ends at once: no other call is made, and the answers to those under way
    are still kept when they come.

    Parameters
    ----------
    requests
        What to send; they are taken one by one.
    doors
        The world outside.
    orders
        What to keep to.
    on_step
        Called from the calling thread with whatever happens.
    control
        Pauses, resumes and stops the run from another thread.
    into
        Filled as the run goes, so that it tells what came when the run is interrupted.

    Returns
    -------
    Fetched
        Names of the answers, and failures.

    Raises
    ------
    EngagementError
        When every other request would fail too: wrong keys, wrong address, a store that can't be
        written. Answers that came before are in the store.
    """
    run = Run(requests, doors, orders, control or Control())
    fetched = into if into is not None else Fetched()
    workers = [
        threading.Thread(
            target=run.work, args=[Traveller(run).go], name=f"engagement-kit-{n}", daemon=True
        )
        for n in range(min(orders.threads, orders.total))
    ]
    try:
        for worker in workers:
            worker.start()
        run.watch(len(workers), on_step)
    except BaseException:
        run.end("interrupted")
        raise
    finally:
        run.settle(fetched)
    if run.fatal is not None:
        for worker in workers:
            worker.join()  # what is under way is paid for, and kept
        raise run.fatal
    return fetched
