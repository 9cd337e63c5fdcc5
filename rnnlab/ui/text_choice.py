"""Which text the text lab learns: its source, which part of it, a person's own; kept while a tab is open."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import streamlit as st

from rnnlab import text_file
from rnnlab.corpora import RAREST, READERS, Corpus, Source, missing, parts
from rnnlab.texts import _
from rnnlab.ui import fields, state, views

if TYPE_CHECKING:
    from streamlit.runtime.uploaded_file_manager import UploadedFile

#: Characters that may be pasted; more comes as a file.
MOST_PASTED = 200_000


@dataclass(frozen=True)
class TextChoice:
    """What is chosen; each source remembers its own part."""

    source: Source = Source.SHAKESPEARE
    chosen: dict[Source, str] = field(default_factory=dict)
    own: str = ""
    rarest: int = 0

    @property
    def part(self) -> str:
        return self.chosen.get(self.source, "")

    @property
    def words(self) -> str:
        """As the address says it; empty for a person's own text, which no address has."""
        if self.source is Source.OWN:
            return ""
        return f"{self.source}:{self.part}" + (f":{self.rarest}" if self.rarest else "")

    def corpus(self) -> Corpus:
        """The text.

        Raises:
            ValueError: it is none that a model can learn.
        """
        own = self.source is Source.OWN
        return Corpus(self.source, "" if own else self.part, self.own if own else "", self.rarest)

    @classmethod
    def of(cls, corpus: Corpus) -> TextChoice:
        return cls(corpus.source, {corpus.source: corpus.part}, corpus.own, corpus.rarest)


def now() -> TextChoice:
    """What this tab has chosen; where its address has come to say something else, that."""
    kept = state.kept("text choice", _first)
    if state.corpus() and state.corpus() != state.kept("text address", str):
        kept = _read(state.corpus(), kept)
        keep(kept)
    return kept


def keep(choice: TextChoice) -> None:
    """From now on this is chosen."""
    state.keep("text choice", choice)
    state.keep("text address", choice.words)
    state.set_corpus(choice.words)


def _first() -> TextChoice:
    """Shakespeare, or the first source that is on this machine."""
    return TextChoice(next(source for source in Source if not missing(source)))


def _read(words: str, kept: TextChoice) -> TextChoice:
    """The choice that an address says; what it says wrong is passed over."""
    source, part, rarest = (*words.split(":"), "", "")[:3]
    if source not in set(Source) - {Source.OWN}:
        return kept
    named = Source(source)
    chosen = part if part in {one.name for one in parts(named)} else ""
    number = RAREST.nearest(int(rarest)) if re.fullmatch(r"[0-9]{1,9}", rarest) else 0
    return replace(kept, source=named, chosen=kept.chosen | {named: chosen}, rarest=number)


def choose() -> tuple[Corpus | None, str]:
    """The controls; the text that is chosen, or what is wrong with it."""
    before = now()
    title = _("Text")
    source = fields.pick(title, state.key("text-source"), list(Source), before.source, lambda s: _(READERS[s].title))
    choice = replace(before, source=source)
    if problem := missing(source):
        keep(choice)
        st.info(views.plain(problem), icon=":material/download:")
        return None, problem
    if source is Source.OWN:
        own, problem = _own(choice.own)
        choice = replace(choice, own=own)
    with st.container(horizontal=True, gap="medium", vertical_alignment="bottom"):
        if found := parts(source):
            titles = {one.name: one.title for one in found}
            part = choice.part if choice.part in titles else found[0].name
            with st.container(width=340):
                label, key = _("Which of them"), state.key(f"text-part-{source}")
                part = fields.select(label, key, list(titles), part, titles.__getitem__)
            choice = replace(choice, chosen=choice.chosen | {source: part})
        with st.container(width=340):
            hint = _(
                "Rare characters all become one sign: a model need not learn what it hardly ever sees. 0: none does."
            )
            label, key = _("Fold characters that occur fewer times than"), state.key("text-rarest")
            choice = replace(choice, rarest=fields.whole(label, key, choice.rarest, RAREST, hint))
    keep(choice)
    return (None, problem) if problem else _checked(choice)


def _checked(choice: TextChoice) -> tuple[Corpus | None, str]:
    """The text, read once, or what is wrong with it."""
    if choice.source is Source.OWN and not choice.own:
        return None, _("There is no text yet: upload one or paste one.")
    try:
        with st.spinner(_("Reading the text …"), show_time=False):
            corpus = choice.corpus()
            corpus.numbers  # noqa: B018  # complains of what cannot be learned
    except ValueError as error:
        problem = views.sentence(error)
        st.warning(problem, icon=":material/edit:")
        return None, problem
    if said := corpus.folding.sentence:
        st.caption(views.plain(said))
    return corpus, ""


def _own(kept: str) -> tuple[str, str]:
    """The text that a person brings in a file or pastes; what is wrong with it, and then the one before."""
    titles = {True: _("Upload a file"), False: _("Paste or type")}
    uploads = fields.kept(
        "text own by", True, lambda v, key: fields.choose(_("How"), key, [True, False], v, titles.__getitem__)
    )
    found, problem = _brought(kept) if uploads else _pasted(kept)
    if problem:
        st.warning(problem, icon=":material/edit:")
        return kept, problem
    return found, ""


def _brought(kept: str) -> tuple[str, str]:
    """The text of an uploaded file; without one the text before, for after other pages the file is not there."""
    label = _("A text file in UTF-8, up to {most} MB, in any language").format(most=text_file.MOST_MEGABYTES)
    key = state.key("text-file")
    file = st.file_uploader(
        label, key=key, on_change=_forget_taken_away, args=(key,), max_upload_size=text_file.MOST_MEGABYTES
    )
    return _uploaded(file) if file else (kept, "")


def _forget_taken_away(key: str) -> None:
    """A file that a person takes away takes its text along."""
    if st.session_state[key] is None:
        keep(replace(now(), own=""))


def _pasted(kept: str) -> tuple[str, str]:
    """What stands in the box; one that is empty for want of room leaves the text before."""
    label = _("Your text, up to {most:,} characters; press Ctrl+Enter when it is there").format(most=MOST_PASTED)
    fits = len(kept) <= MOST_PASTED
    typed = st.text_area(label, kept if fits else "", key=state.key("text-pasted"), height=130)
    if len(typed) > MOST_PASTED:
        sentence = _(
            "{n:,} characters are too many to paste: bring longer texts than {most:,} as a file, up to {mb} MB."
        )
        return kept, sentence.format(n=len(typed), most=MOST_PASTED, mb=text_file.MOST_MEGABYTES)
    if typed:
        return _read_own(lambda: text_file.checked(typed))
    if fits:
        return "", ""
    said = _("In use is a text of {n:,} characters, too many for this box: what is pasted takes its place.")
    st.caption(said.format(n=len(kept)))
    return kept, ""


def _uploaded(file: UploadedFile) -> tuple[str, str]:
    """What is in the file; it stays where it was uploaded, and a page runs again at every click."""
    read = state.kept("text file read", dict[str, tuple[str, str]])
    if file.file_id not in read:
        read.clear()
        read[file.file_id] = _read_own(lambda: text_file.read_bytes(file.getvalue()))
    return read[file.file_id]


def _read_own(work: Callable[[], str]) -> tuple[str, str]:
    try:
        return text_file.checked(work()), ""
    except ValueError as error:
        return "", views.sentence(error)
