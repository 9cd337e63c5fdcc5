"""The one place that knows the names of session keys and of the query parameters that pages share.

A person's choice lives in the session and follows from page to page; the address always holds it, so a link or a
reload opens the same screen.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import replace

import streamlit as st

from rnnlab import links
from rnnlab.architecture import BENCH_SIZE, Architecture
from rnnlab.experiment import Choice

_CHOICE, _CARDS, _REVISION, _LINK, _DROPPED, _RUN, _VIEW = (
    f"rnnlab-{name}" for name in ("choice", "cards", "revision", "link", "dropped", "run", "view")
)
_RUN_PARAMETER, _VIEW_PARAMETER = "run", "view"


def open_address() -> None:
    """Take the choice from the address: in a new session, and when the address has been changed since it was written."""
    query = {name: st.query_params.get_all(name) for name in st.query_params}
    if _CHOICE not in st.session_state or (query and query != st.session_state.get(_LINK)):
        choice, dropped = links.decode(query)
        set_choice(choice)
        st.session_state[_DROPPED] = dropped
        st.session_state[_RUN] = query.get(_RUN_PARAMETER, [""])[0]
        st.session_state[_VIEW] = query.get(_VIEW_PARAMETER, [""])[0]


def write_address() -> None:
    """Let the address say what is chosen now."""
    query = links.encode(choice())
    for parameter, key in ((_RUN_PARAMETER, _RUN), (_VIEW_PARAMETER, _VIEW)):
        if st.session_state[key]:
            query[parameter] = [st.session_state[key]]
    st.session_state[_LINK] = query
    if query != {name: st.query_params.get_all(name) for name in st.query_params}:
        st.query_params.from_dict(query)


def is_plain_address() -> bool:
    """Whether this page was opened without anything chosen in its address."""
    return not st.query_params.to_dict()


def dropped() -> tuple[str, ...]:
    """What the address said that could not be taken."""
    return st.session_state[_DROPPED]  # type: ignore[no-any-return]


def forget_dropped() -> None:
    st.session_state[_DROPPED] = ()


def choice() -> Choice:
    return st.session_state[_CHOICE]  # type: ignore[no-any-return]


def update(new: Choice) -> None:
    """Take over what the controls say."""
    st.session_state[_CHOICE] = new


def set_choice(new: Choice) -> None:
    """Choose something else than the controls say; they are made anew to show it."""
    st.session_state[_CHOICE] = new
    st.session_state[_REVISION] = st.session_state.get(_REVISION, 0) + 1
    first = max(st.session_state.get(_CARDS, ()), default=0) + 1
    st.session_state[_CARDS] = tuple(range(first, first + len(new.bench)))


def key(name: str) -> str:
    """A key for a control that shows part of the choice."""
    return f"{name}-{st.session_state[_REVISION]}"


def cards() -> tuple[int, ...]:
    """A number for each architecture of the bench, which stays its own while others come and go."""
    return st.session_state[_CARDS]  # type: ignore[no-any-return]


def add_card(architecture: Architecture) -> None:
    bench = choice().bench
    if len(bench) < BENCH_SIZE.high:
        st.session_state[_CHOICE] = replace(choice(), bench=(*bench, architecture))
        st.session_state[_CARDS] = (*cards(), max(cards()) + 1)


def remove_card(card: int) -> None:
    if len(cards()) > BENCH_SIZE.low:
        place = cards().index(card)
        bench = choice().bench
        st.session_state[_CHOICE] = replace(choice(), bench=bench[:place] + bench[place + 1 :])
        st.session_state[_CARDS] = tuple(number for number in cards() if number != card)


def run_id() -> str:
    return st.session_state[_RUN]  # type: ignore[no-any-return]


def set_run_id(run: str) -> None:
    st.session_state[_RUN] = run


def view() -> str:
    """The name of the open tab; empty for the first."""
    return st.session_state[_VIEW]  # type: ignore[no-any-return]


def set_view(name: str) -> None:
    st.session_state[_VIEW] = name


def browser() -> str:
    """Something that stays the same for a person's browser and tells nothing else; empty where it is not known.

    It is the hash of the token that Streamlit gives each browser against cross-site requests. The cookie holds it as
    "version|mask|token xor mask|time", with a new mask each time.
    """
    try:
        _, mask, masked, _ = st.context.cookies["_streamlit_xsrf"].split("|")
        keys, token = bytes.fromhex(mask), bytes.fromhex(masked)
    except (KeyError, ValueError):
        return ""
    if not keys:
        return ""
    plain = bytes(byte ^ keys[place % len(keys)] for place, byte in enumerate(token))
    return hashlib.sha256(plain).hexdigest()


def once(name: str, work: Callable[[], None]) -> None:
    """Do ``work`` the first time in this session that this is reached."""
    if not st.session_state.get(f"rnnlab-once-{name}"):
        st.session_state[f"rnnlab-once-{name}"] = True
        work()
