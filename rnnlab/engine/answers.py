"""What workers are asked: summaries, what trained models say. Asked once, and kept."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Hashable
from concurrent.futures import CancelledError
from typing import Any

from distributed import Future, KilledWorker

MOST_KEPT = 300
#: Seconds for an answer that is ready to come over.
PATIENCE = 5.0

log = logging.getLogger(__name__)


class Answers:
    """Questions under way and answers already there."""

    def __init__(self) -> None:
        self._asked: dict[Hashable, Future | None] = {}
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
            known = question in self._asked
            future = self._asked.setdefault(question, None)
        if not known:
            self._note(question, ask)
            return None
        if future is None or not future.done():
            return None
        answer = _result(future)
        with self._lock:
            self._asked.pop(question, None)  # one that was lost is asked again
            if answer is not None:
                self._kept[question] = answer
            _forget_oldest(self._kept)
        return answer

    def _note(self, question: Hashable, ask: Callable[[], Future | None]) -> None:
        """Ask, outside the lock since it may take a while, and note that it is under way."""
        future = None
        try:
            future = ask()
        finally:
            with self._lock:
                if future is None:
                    self._asked.pop(question, None)
                else:
                    self._asked[question] = future
                _forget_oldest(self._asked)  # nobody may ever come back for the answer

    def lost(self) -> None:
        """The workers are gone, and with them what was asked."""
        with self._lock:
            self._asked.clear()


def _forget_oldest(known: dict[Hashable, Any]) -> None:
    while len(known) > MOST_KEPT:
        del known[next(iter(known))]


def _result(future: Future) -> Any:
    try:
        return future.result(PATIENCE)
    except ValueError as error:
        return str(error)
    except (CancelledError, KilledWorker, OSError, TimeoutError) as error:
        log.info("an answer was lost: %r", error)
        return None
    except Exception as error:  # noqa: BLE001 - the same would come of it again
        return f"{type(error).__name__}: {str(error)[:200]}"
