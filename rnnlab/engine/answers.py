"""What workers are asked: summaries, what trained models say. Asked once, and kept."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Hashable
from typing import Any

from distributed import Future

MOST_KEPT = 300
#: Seconds for an answer that is ready to come over.
PATIENCE = 5.0

log = logging.getLogger(__name__)


class Answers:
    """Questions under way and answers already there."""

    def __init__(self) -> None:
        self._asked: dict[Hashable, Future] = {}
        self._kept: dict[Hashable, Any] = {}
        self._lock = threading.Lock()

    def get(self, question: Hashable, ask: Callable[[], Future | None]) -> Any:
        """The answer, or the sentence why there is none; None until it is there.

        Args:
            question: what is asked.
            ask: hands it to a worker; None where there is none now.
        """
        with self._lock:
            if question in self._kept:
                return self._kept[question]
            if question not in self._asked:
                if future := ask():
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


def _result(future: Future) -> Any:
    try:
        return future.result(PATIENCE)
    except ValueError as error:
        return str(error)
    except Exception as error:  # noqa: BLE001 - gone with its worker or the scheduler
        log.info("an answer was lost: %r", error)
        return None
