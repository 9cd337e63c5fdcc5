"""The one place that knows the names of session keys and of the query parameters that pages share.

A person's choice lives in the session and follows from page to page; the address always holds it, so a link or a
reload opens the same screen.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any, TypeVar, cast

import streamlit as st
from streamlit.runtime.pages_manager import PagesManager

from rnnlab import links
from rnnlab.architecture import BENCH_SIZE
from rnnlab.experiment import Choice

_KEY = "rnnlab"
#: Parameters that single pages keep in the address beside the choice: the run that is watched, the view of the bench;
#: the part of the quiz, its seed and level, the bank it is taken from, and whether it is an exam; the run of the text lab,
#: its view, and the text there, where it is not a person's own, with its settings; what is looked at inside the cell.
_RUN, _VIEW, _PART, _QUIZ, _BANK, _EXAM, _TEXT_RUN, _TEXT_VIEW, _CORPUS, _INSIDE = _NAMED = (
    "run", "view", "part", "quiz", "bank", "exam", "textrun", "textview", "corpus", "inside",
)  # fmt: skip
_OWN = *_NAMED, *links.TEXT_PARAMETERS

Query = dict[str, list[str]]
T = TypeVar("T")


@dataclass
class _Session:
    """What one open tab has chosen.

    ``cards`` numbers the architectures, ``revision`` the making of the controls. ``addresses`` are those that the browser
    may be at, oldest first: the last one that it is known to have had, and those written since.
    """

    choice: Choice
    dropped: tuple[str, ...]
    own: dict[str, str]
    first_card: int
    revision: int
    addresses: list[Query]
    done: set[str] = field(default_factory=set)
    kept: dict[str, object] = field(default_factory=dict)
    cards: tuple[int, ...] = ()

    def __post_init__(self) -> None:
        self.cards = tuple(range(self.first_card, self.first_card + len(self.choice.bench)))


def _session() -> _Session:
    return st.session_state[_KEY]  # type: ignore[no-any-return]


def require_door() -> None:
    """Go back through ``dashboard.py`` where Streamlit has run a page without it.

    A folder named pages makes Streamlit think of its older kind of app, in which each page is a script of its own, until
    ``st.navigation`` has been called once: so the first visitor of a server may come in by the window.
    """
    if _KEY not in st.session_state:
        PagesManager.uses_pages_directory = False
        st.rerun()


def open_address() -> None:
    """Take the choice from the address: in a new session, and when a person has gone to another.

    A click made while the browser has not yet got the newest address brings an older one along, which does not count:
    only an address that is not on its way can be one that a person has chosen.
    """
    query = _query()
    before: _Session | None = st.session_state.get(_KEY)
    if before is None or (query and query not in before.addresses):
        choice, dropped = links.decode(query)
        own = {name: query[name][0] for name in _OWN if query.get(name, [""])[0]}
        dropped += links.decode_text(own)[1]
        first_card, revision = (max(before.cards) + 1, before.revision + 1) if before else (1, 0)
        session = _Session(choice, dropped, own, first_card, revision, [query])
        st.session_state[_KEY] = replace(session, kept=before.kept) if before else session
    else:
        acknowledge_address()


def acknowledge_address() -> None:
    """Once the browser has the newest address, no older one is on its way; also where a part of a page is drawn by itself."""
    session, query = _session(), _query()
    if query == session.addresses[-1]:
        session.addresses = [query]


def write_address() -> None:
    """Let the address say what is chosen now."""
    session = _session()
    query = links.encode(session.choice) | {name: [value] for name, value in session.own.items() if value}
    if query != session.addresses[-1]:
        session.addresses.append(query)
    if query != _query():
        st.query_params.from_dict(query)


def _query() -> Query:
    return {name: st.query_params.get_all(name) for name in st.query_params}


def is_plain_address() -> bool:
    """Whether this page was opened without anything chosen in its address."""
    return not st.query_params.to_dict()


def dropped() -> tuple[str, ...]:
    """What the address said that could not be taken."""
    return _session().dropped


def choice() -> Choice:
    return _session().choice


def update(new: Choice) -> None:
    """Take over what the controls say."""
    session = _session()
    if new != session.choice:
        session.choice, session.dropped = new, ()


def set_choice(new: Choice) -> None:
    """Choose something else than the controls say; they are made anew to show it."""
    session = _session()
    first = max(session.cards) + 1
    session.choice, session.revision = new, session.revision + 1
    session.cards = tuple(range(first, first + len(new.bench)))


def key(name: str) -> str:
    """A key for a control that shows part of the choice."""
    return f"{name}-{_session().revision}"


def cards() -> tuple[int, ...]:
    """A number for each architecture of the bench, which stays its own while others come and go."""
    return _session().cards


def add_card() -> None:
    """Put a copy of the last architecture on the bench."""
    session = _session()
    if len(session.cards) < BENCH_SIZE.high:
        session.choice = replace(session.choice, bench=(*session.choice.bench, session.choice.bench[-1]))
        session.cards = (*session.cards, max(session.cards) + 1)


def remove_card(card: int) -> None:
    """Take an architecture off the bench; the last one stays."""
    session = _session()
    if len(session.cards) > BENCH_SIZE.low:
        place, bench = session.cards.index(card), session.choice.bench
        session.choice = replace(session.choice, bench=bench[:place] + bench[place + 1 :])
        session.cards = tuple(number for number in session.cards if number != card)


def run_id() -> str:
    return _own(_RUN)


def set_run_id(run: str) -> None:
    _set_own(_RUN, run)


def view() -> str:
    """The name of the open view of the bench; empty for the first."""
    return _own(_VIEW)


def set_view(name: str) -> None:
    _set_own(_VIEW, name)


def part() -> str:
    """The name of the open part of the quiz; empty for the first."""
    return _own(_PART)


def set_part(name: str) -> None:
    _set_own(_PART, name)


def quiz() -> str:
    """Seed and level of the quiz as the address says them: "7-2"."""
    return _own(_QUIZ)


def set_quiz(seed_and_level: str) -> None:
    _set_own(_QUIZ, seed_and_level)


def bank() -> str:
    """The name of the bank of questions in the address."""
    return _own(_BANK)


def exam() -> bool:
    """Whether the address asks for a quiz without hints and solutions."""
    return _own(_EXAM) == "yes"


def text_run_id() -> str:
    """The run of the text lab that is watched."""
    return _own(_TEXT_RUN)


def set_text_run_id(run: str) -> None:
    _set_own(_TEXT_RUN, run)


def corpus() -> str:
    """The text of the text lab as the address says it; empty for a person's own."""
    return _own(_CORPUS)


def set_corpus(words: str) -> None:
    _set_own(_CORPUS, words)


def inside() -> str:
    """What is looked at inside the cell, as the address says it."""
    return _own(_INSIDE)


def set_inside(words: str) -> None:
    _set_own(_INSIDE, words)


def text_view() -> str:
    """The name of the open view of the text lab; empty for the first."""
    return _own(_TEXT_VIEW)


def set_text_view(name: str) -> None:
    _set_own(_TEXT_VIEW, name)


def text_settings() -> dict[str, Any]:
    """The settings of the text lab that the address says, by attribute."""
    return links.decode_text(_session().own)[0]


def set_text_settings(said: dict[str, str]) -> None:
    for name in links.TEXT_PARAMETERS:
        _set_own(name, said.get(name, ""))


def _own(name: str) -> str:
    return _session().own.get(name, "")


def _set_own(name: str, value: str) -> None:
    _session().own[name] = value


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


def kept(name: str, make: Callable[[], T]) -> T:
    """Something that a page keeps for as long as its tab is open; made when it is first asked for."""
    things = _session().kept
    if name not in things:
        things[name] = make()
    return cast("T", things[name])


def keep(name: str, thing: object) -> None:
    """From now on this is what is kept under the name."""
    _session().kept[name] = thing


def once(name: str, work: Callable[[], None]) -> None:
    """Do ``work`` the first time in this session that this is reached."""
    if name not in _session().done:
        _session().done.add(name)
        work()
