"""What Keras says of models: asked of a worker once, and kept."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable

from distributed import Future

from rnnlab.architecture import Architecture, Form
from rnnlab.counting import Summary

MOST_KEPT = 300
#: Seconds for an answer that is ready to come over.
PATIENCE = 5.0

Question = tuple[Architecture, Form]
log = logging.getLogger(__name__)


class Answers:
    """Questions under way and answers already there."""

    def __init__(self) -> None:
        self._asked: dict[Question, Future] = {}
        self._kept: dict[Question, Summary | str] = {}
        self._lock = threading.Lock()

    def get(self, question: Question, ask: Callable[[Question], Future | None]) -> Summary | str | None:
        """The answer: a summary, or the sentence why there is none; None until it is there.

        Args:
            question: what is asked.
            ask: hands a question to a worker; None where there is none now.
        """
        with self._lock:
            if question in self._kept:
                return self._kept[question]
            if question not in self._asked:
                if future := ask(question):
                    self._asked[question] = future
                return None
            future = self._asked[question]
        if not future.done():
            return None
        answer = _result(future)
        with self._lock:
            self._asked.pop(question, None)  # one that was lost is asked again
            if answer is not None:
                self._kept[question] = answer
            while len(self._kept) > MOST_KEPT:
                del self._kept[next(iter(self._kept))]
        return answer

    def lost(self) -> None:
        """The workers are gone, and with them what was asked."""
        with self._lock:
            self._asked.clear()


def _result(future: Future) -> Summary | str | None:
    try:
        return future.result(PATIENCE)  # type: ignore[no-any-return]
    except ValueError as error:
        return str(error)
    except Exception as error:  # noqa: BLE001 - gone with its worker or the scheduler
        log.info("a summary was lost: %r", error)
        return None
