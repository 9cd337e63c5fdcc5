"""The engine as pages see it: the one of this server, how it is, and waiting for its answers."""

from __future__ import annotations

import atexit
import gc
import os
import time
from collections.abc import Callable

import streamlit as st

from rnnlab.architecture import Architecture, Form
from rnnlab.counting import Summary
from rnnlab.engine import Engine, EngineState
from rnnlab.texts import _, ngettext


@st.cache_resource(show_spinner=False)
def engine() -> Engine:
    """The one engine of this server; it starts its workers in the background."""
    started = Engine(os.environ.get("RNNLAB_SCHEDULER") or None)
    atexit.register(started.close)
    return started


@st.cache_resource(show_spinner=False)
def settle() -> None:
    """Once everything is imported: tell Python's collector of garbage that this is here to stay.

    Streamlit collects after every run of a page and of a fragment, which many times a second costs more than drawing
    when each collection has to look at all modules again.
    """
    gc.freeze()


def engine_status() -> None:
    """How the engine is, kept up to date, in the sidebar."""
    st.fragment(_engine_status, run_every=1.0 if engine().state is not EngineState.READY else 3.0)()


def _engine_status() -> None:
    state, active, workers = engine().state, engine().active(), engine().workers
    if state is EngineState.READY:
        count_text = ngettext("{workers} worker", "{workers} workers", workers).format(workers=workers)
        busy = _("{active} training").format(active=active) if active else _("ready")
        st.caption(f":green[●] {_('Engine')}: {busy}, {count_text}")
    elif state is EngineState.STARTING:
        st.caption(f":orange[◐] {_('Engine: getting ready. You can look around meanwhile.')}")
        if engine().reason:
            st.caption(engine().reason)
    else:
        st.caption(f":red[○] {_('Engine: lost. Trying to reach it again.')}")


def summaries(bench: tuple[Architecture, ...], form: Form) -> list[Summary | str | None]:
    """What Keras says of each architecture; where answers are missing, the page runs again when they have come."""
    answers = [engine().summary(architecture, form) for architecture in bench]
    if any(answer is None for answer in answers):
        wait_for(lambda: all(engine().summary(architecture, form) is not None for architecture in bench))
    return answers


def soon(condition: Callable[[], bool], patience: float = 1.0) -> bool:
    """Whether ``condition`` holds within a moment: what comes at once needs no page that is drawn twice."""
    end = time.monotonic() + patience
    while not condition() and time.monotonic() < end:
        time.sleep(0.01)
    return condition()


def wait_for(condition: Callable[[], bool], every: float = 0.25) -> None:
    """Run the whole page again as soon as ``condition`` holds."""

    def look() -> None:
        if condition():
            st.rerun()

    st.fragment(look, run_every=every)()
