"""What the page "Sequences" shows: sentences cut, numbered, padded, made into vectors, read by a cell; and their order."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from html import escape
from typing import Any, NamedTuple, TypeVar

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from rnnlab import reference, sequences
from rnnlab.architecture import RECURRENT_CELLS, Cell, Range
from rnnlab.formulas import shape_text
from rnnlab.sequences import LENGTHS, MOST_CHARACTERS, MOST_SENTENCES, SPACE, Encoded, Side, Way, Zero
from rnnlab.tasks.drawn import visible
from rnnlab.texts import _, noted
from rnnlab.ui import fields, views

T = TypeVar("T")

#: More than this is computed but not drawn; a note says so.
_MOST_STEPS, _MOST_COLUMNS, _MOST_WORDS, _MOST_NEXT, _MOST_CONTEXT = 24, 24, 60, 12, 6
_DIM, _SEED, _UNITS = Range(1, 16), Range(0, 9999), 2

_STYLE = """<style>
.lab-seq-row{display:flex;flex-wrap:wrap;gap:.25rem;align-items:stretch;margin:.15rem 0}
.lab-seq-piece{padding:.1rem .45rem;border-radius:.35rem;text-align:center;line-height:1.4;overflow-wrap:anywhere;background:hsla(var(--h),60%,50%,.2);border:1px solid hsla(var(--h),60%,50%,.55)}
.lab-seq-piece small{display:block;font-size:.72rem;line-height:1.1;opacity:.8;font-variant-numeric:tabular-nums}
table.lab-seq{border-collapse:separate;border-spacing:2px;font-size:.8rem;font-variant-numeric:tabular-nums}
table.lab-seq td,table.lab-seq th{min-width:1.9rem;padding:.15rem .35rem;text-align:center;border:1px solid rgba(128,128,128,.3);border-radius:.25rem;white-space:nowrap;max-width:9rem;overflow:hidden;text-overflow:ellipsis}
table.lab-seq th{font-weight:600;border-color:transparent;font-size:.74rem}
table.lab-seq td small{display:block;font-size:.68rem;line-height:1.1;opacity:.75}
table.lab-seq td.real{background:rgba(15,154,120,.18);border-color:rgba(15,154,120,.6)}
table.lab-seq td.pad{opacity:.6;background:repeating-linear-gradient(45deg,transparent 0 4px,rgba(128,128,128,.3) 4px 6px)}
table.lab-seq td.lost{background:rgba(217,97,26,.14);border:2px dashed #D9611A}
table.lab-seq td.one{background:#3A7FD5;color:#fff;font-weight:700}
table.lab-seq td.zero{opacity:.45}
</style>"""

WAYS = {
    Way.PIECES: noted(
        "Words, spaces and punctuation, each by itself. A | cuts a word further: 먹었|습니다 is the word's stem and its ending."
    ),
    Way.CHARACTERS: noted("Every character is a piece, as in a character-level language model. A | is passed over."),
    Way.WORDS: noted(
        "Whatever stands between spaces is a piece; the spaces themselves are dropped. A | is passed over."
    ),
    Way.KOREAN_PIECES: noted(
        "As Pieces, and kiwipiepy finds the endings of Korean verbs and cuts them off by itself: no | is needed."
    ),
    Way.MORPHEMES: noted(
        "kiwipiepy takes Korean words apart into morphemes in their basic form: 갔다 becomes 가, 었, 다. Spaces are dropped."
    ),
}


class Batch(NamedTuple):
    """Sequences of one length: their numbers and which steps are no padding, both (B, T)."""

    tokens: NDArray[np.int32]
    real: NDArray[np.bool_]


def style() -> None:
    """The style of the pieces below; once on the page."""
    st.html(_STYLE)


def _kept(name: str, start: T, ask: Callable[[T, str], T]) -> T:
    return fields.kept(f"sequences {name}", start, ask)


def _sentences(name: str, label: str, start: str, hint: str) -> str:
    """A field for sentences that says how many may be typed."""
    limits = _("one a line, at most {sentences} of {characters} characters each")
    label = f"{label}, {limits.format(sentences=MOST_SENTENCES, characters=MOST_CHARACTERS)}"
    most = MOST_SENTENCES * (MOST_CHARACTERS + 1)
    return _kept(
        name, start, lambda v, key: st.text_area(label, v, key=key, max_chars=most, height="content", help=hint)
    )


def ask_sentences() -> tuple[str, Way]:
    """The text that a person types and how it is to be cut."""
    st.subheader(_("1 · Type sentences and cut them into pieces"), anchor=False)
    hint = _("At first these are the lecture's sentences, “I ate rice.” and “I ate it with relish.” Change them: all that stands below follows.")  # fmt: skip
    text = _sentences("text", _("Sentences"), sequences.LECTURE, hint)
    title = _("How to cut")
    way = _kept("way", Way.PIECES, lambda v, key: fields.choose(title, key, list(Way), v, lambda w: _(w.value)))
    st.caption(views.plain(_(WAYS[way])))
    return text, way if _is_here(way) else Way.PIECES


def _is_here(way: Way) -> bool:
    """Whether what this way needs is installed; where it is not, a sentence says what to do."""
    if way not in (Way.KOREAN_PIECES, Way.MORPHEMES):
        return True
    try:
        with st.spinner(_("The dictionary of Korean is being read; this takes some seconds, once.")):
            sequences.prepare(way)
    except ValueError as missing:
        st.info(views.sentence(missing), icon=":material/download:")
        st.caption(_("Until it is there, the sentences are cut as with Pieces."))
        return False
    return True


def ask_zero(way: Way) -> Zero:
    """What number 0 is to mean, where there is a choice."""
    if not way.keeps_spaces:
        st.caption(_("Number 0 is kept for padding: this way of cutting leaves no spaces to number."))
        return Zero.PADDING
    title = _("0 means")
    return _kept("zero", Zero.SPACE, lambda v, key: fields.choose(title, key, list(Zero), v, lambda z: _(z.value)))


def _said(work: Callable[[], T]) -> T | None:
    try:
        return work()
    except ValueError as error:
        st.warning(views.sentence(error), icon=":material/edit:")
        return None


def cuts(text: str, way: Way, zero: Zero) -> Encoded | None:
    """Every sentence as a row of pieces with their numbers; where they cannot be taken, a sentence says why."""
    found = _said(lambda: sequences.encode_text(text, way, zero))
    if found:
        for pieces, numbers in zip(found.cut, found.sequences, strict=True):
            _chips([_chip(piece, number) for piece, number in zip(pieces, numbers, strict=True)], _MOST_WORDS)
    return found


def _chip(piece: str, number: int | None = None, note: str = "") -> str:
    """One piece; the same number has the same tint everywhere, so that it is found again."""
    hue = 210 if number is None else number * 47 % 360
    small = note if number is None else str(number)
    shown = escape(visible(piece)) or escape(_("padding"))
    return f'<span class="lab-seq-piece" style="--h:{hue}">{shown}<small>{escape(small)}</small></span>'


def _chips(chips: Sequence[str], most: int) -> None:
    st.html(f'<div class="lab-seq-row">{"".join(chips[:most])}</div>')
    _note_of_rest(len(chips), most)


def _note_of_rest(count: int, most: int) -> None:
    if count > most:
        st.caption(_("… and {rest:,} more.").format(rest=count - most))


def vocabulary(found: Encoded) -> None:
    """The number of each piece, and what number 0 is good for."""
    words = found.vocabulary
    _chips([_chip(word, number) for number, word in enumerate(words)], _MOST_WORDS)
    st.caption(
        _("Numbers go by first appearance; a piece that comes again gets its number again. V = {size:,} numbers, 0 included.").format(size=len(words))
    )  # fmt: skip
    if words[0] == SPACE:
        st.caption(
            _("As in the lecture, 0 is the space, and padding will be 0 too: the two can no longer be told apart.")
        )
    else:
        st.caption(
            _("0 is no piece, only padding. That is better for training: padding can be masked without hiding spaces.")
        )


def padded(found: Encoded) -> Batch:
    """The sequences of numbers made equally long, with the mask, as a person chooses it."""
    longest = max(map(len, found.sequences))
    left, right = st.columns(2, gap="large", vertical_alignment="bottom")
    with left:
        titles = {Side.POST: _("at the end (post)"), Side.PRE: _("at the beginning (pre)")}
        title = _("Padding")
        side = _kept("side", Side.POST, lambda v, key: fields.choose(title, key, list(Side), v, titles.__getitem__))
    with right:
        none = _("T = {length}, as long as the longest sentence.").format(length=longest)
        hint = _("A network reads a batch of sentences at once, so all must have the same number of steps.")
        length = _kept(
            "length", None,
            lambda v, key: fields.whole_or_none(_("A length T of my own"), key, v, LENGTHS, start=LENGTHS.nearest(longest), none=none, hint=hint),
        )  # fmt: skip
    numbers = found.sequences
    batch = Batch(sequences.pad(numbers, length, side), sequences.real_steps(numbers, length, side))
    st.html("".join(_plain_sequence(row) for row in batch.tokens))
    if longest > batch.tokens.shape[1]:
        said = {Side.POST: _("T is shorter than the longest sentence, which loses its end."),
                Side.PRE: _("T is shorter than the longest sentence, which loses its beginning.")}  # fmt: skip
        st.caption(said[side])
    return batch


def _plain_sequence(numbers: NDArray[np.int32]) -> str:
    """One row as the lectures write it: [1, 0, 2, 0, 3, 4, 5]."""
    return f'<div class="lab-formula">[{", ".join(map(str, numbers))}]</div>'


def mask(found: Encoded, batch: Batch) -> None:
    """Every step as real or padding, and the real ones that a mask would hide."""
    lost = batch.real & ~sequences.mask(batch.tokens)
    rows = []
    for tokens, real, hidden in zip(batch.tokens, batch.real, lost, strict=True):
        kinds = np.where(hidden, "lost", np.where(real, "real", "pad"))
        pieces = np.where(real, [visible(found.vocabulary[token]) for token in tokens], "·")
        steps = zip(kinds[:_MOST_STEPS], tokens, pieces, strict=False)
        rows.append(_row(f'<td class="{kind}">{n}<small>{escape(piece)}</small></td>' for kind, n, piece in steps))
    steps_head = _row(f"<th>{t + 1}</th>" for t in range(min(batch.tokens.shape[1], _MOST_STEPS)))
    _grid(_("The steps of each sentence, real or padding"), steps_head + "".join(rows))
    _note_of_rest(batch.tokens.shape[1], _MOST_STEPS)
    st.caption(
        _(
            "Green: a real step. Hatched: padding. Masking (mask_zero=True in Keras) lets a layer pass over every step with number 0."
        )
    )
    if count := int(lost.sum()):
        st.info(_("Dashed: real spaces ({count:,} here) that masking hides along with the padding, since they are 0 too. With “0 means: padding only” nothing is lost.").format(count=count), icon=":material/visibility_off:")  # fmt: skip


def _row(cells: Iterable[str], head: str = "") -> str:
    return f"<tr>{head}{''.join(cells)}</tr>"


def _grid(label: str, rows: str) -> None:
    st.html(
        f'<div class="lab-scroll" tabindex="0"><table class="lab-seq" aria-label="{escape(label)}">{rows}</table></div>'
    )


def vectors(found: Encoded, batch: Batch) -> None:
    """One sentence one-hot and embedded, and the shapes of the whole batch."""
    count, size = len(found.cut), len(found.vocabulary)
    titles = [_("Sentence {n}").format(n=n + 1) for n in range(MOST_SENTENCES)]
    left, middle, right = st.columns(3, gap="medium", vertical_alignment="bottom")
    with left:
        title = _("Drawn below")
        shown = _kept("shown", 0, lambda v, key: fields.select(title, f"{key}-{count}", range(count), min(v, count - 1), titles.__getitem__))  # fmt: skip
    with middle:
        dim = _kept("dim", 4, lambda v, key: fields.whole(_("Embedding dimension d"), key, v, _DIM))
    with right:
        seed = _kept("seed", 0, lambda v, key: fields.whole(_("Seed of its random table"), key, v, _SEED))
    _shapes(batch.tokens.shape, size, dim)
    tokens = batch.tokens[shown]
    heads = [_token_head(found, n, real) for n, real in zip(tokens[:_MOST_STEPS], batch.real[shown], strict=False)]
    left, right = st.columns(2, gap="large")
    with left:
        st.markdown(_("**One-hot**: one place for each number of the vocabulary, 1 in its own place and 0 elsewhere."))
        _one_hot(heads, sequences.one_hot(tokens, size))
    with right:
        st.markdown(
            _("**Embedding**: each number has a row of d numbers in a table. It starts at random; training changes it.")
        )
        table = sequences.embedding_table(size, dim, seed)
        _values(_("Embedded steps"), heads, table[tokens], digits=3)
    _note_of_rest(len(tokens), _MOST_STEPS)


def _token_head(found: Encoded, number: int, real: bool) -> str:
    piece = found.vocabulary[number] if real else _("padding")
    return f"<th>{escape(visible(piece))} {number}</th>"


def _shapes(shape: tuple[int, ...], size: int, dim: int) -> None:
    """The three shapes of the batch in words."""
    batch, length = shape
    words = (
        (shape, _("numbers (B, T): B = {batch:,} sentences, T = {length:,} steps, one whole number a step")),
        ((*shape, size), _("one-hot (B, T, V): V = {size:,} numbers a step, of which a single one is 1")),
        (
            (*shape, dim),
            _("embedded (B, T, d): d = {dim:,} numbers a step, from a table of V · d = {weights:,} weights"),
        ),
    )
    sizes = {"batch": batch, "length": length, "size": size, "dim": dim, "weights": size * dim}
    views.facts([(shape_text(shape), said.format(**sizes)) for shape, said in words], lines=True)


def _one_hot(heads: Sequence[str], vectors: NDArray[np.float32]) -> None:
    columns = vectors[:, :_MOST_COLUMNS]
    top = _row((f"<th>{n}</th>" for n in range(columns.shape[1])), "<th></th>")
    marks = {True: '<td class="one">1</td>', False: '<td class="zero">0</td>'}
    rows = (_row((marks[bool(v)] for v in vector), head) for head, vector in zip(heads, columns, strict=False))
    _grid(_("One-hot steps"), top + "".join(rows))
    if (size := vectors.shape[1]) > _MOST_COLUMNS:
        st.caption(_("Only the first {most} of {size:,} columns are drawn.").format(most=_MOST_COLUMNS, size=size))


def _values(label: str, heads: Sequence[str], values: NDArray[np.floating[Any]], digits: int) -> None:
    """Numbers as coloured cells, a row for each step: blue below 0, red above."""
    most = float(np.abs(values).max()) or 1.0
    rows = (_row((_value(v, most, digits) for v in row), head) for head, row in zip(heads, values, strict=False))
    _grid(label, "".join(rows))


def _value(value: float, most: float, digits: int) -> str:
    colour = "198,60,50" if value > 0 else "58,127,213"
    return f'<td style="background:rgba({colour},{0.6 * abs(value) / most:.2f})">{value:.{digits}f}</td>'


def cell_at_work() -> None:
    """The lecture's three inputs, read by one cell of two units."""
    st.markdown(
        _("The lecture's four letters h, e, l, o, one-hot, go through a cell with hidden size 2: 4 numbers in, 2 numbers out at each step. In every batch, each word starts with h₀ = 0.")
    )  # fmt: skip
    left, right = st.columns(2, gap="medium", vertical_alignment="bottom")
    with left:
        title = _("Cell")
        cell = _kept("cell", Cell.SIMPLE_RNN, lambda v, key: fields.choose(title, key, RECURRENT_CELLS, v, lambda c: c.class_name))  # fmt: skip
    with right:
        hint = _("The weights are random, drawn as Keras draws new ones; another seed gives other numbers h.")
        seed = _kept("cell-seed", 0, lambda v, key: fields.whole(_("Seed of its weights"), key, v, _SEED, hint))
    weights = reference.random_weights(cell, len(sequences.LETTERS), _UNITS, seed)
    for words in sequences.BATCHES:
        numbers = np.array([sequences.encode(word, sequences.LETTERS) for word in words], np.int32)
        inputs = sequences.one_hot(numbers, len(sequences.LETTERS))
        _reading(words, inputs, reference.run(cell, weights, inputs))
    st.caption(
        _("Look at “hello”: both l put the same four numbers in, and yet h differs, for h also holds what came before. Its first column equals that of “h” alone.")
    )  # fmt: skip


def _reading(words: Sequence[str], inputs: NDArray[Any], hidden: NDArray[Any]) -> None:
    """A batch: the shape that goes in and that comes out, and h of each word after each letter."""
    views.facts(
        [(_("in"), shape_text(inputs.shape)), (_("out"), shape_text(hidden.shape)), (_("read"), " · ".join(words))]
    )
    grid = st.grid(min_column_width=280, gap="small")
    for word, states in zip(words, hidden, strict=True):
        top = _row((f"<th>{letter}</th>" for letter in word), "<th></th>")
        rows = (
            _row((_value(v, 1.0, 3) for v in unit), f"<th>{escape(_('unit {n}').format(n=n))}</th>")
            for n, unit in enumerate(states.T, 1)
        )
        with grid.container():
            _grid(_("hidden states of {word}").format(word=word), top + "".join(rows))


def word_order(way: Way) -> None:
    """What follows what in a few sentences, and what may stand in a gap, the more of the context is known."""
    hint = _("At first: I eat rice, I read a book, I drink water, and so on. Type your own, in any language.")
    text = _sentences("exercise", _("Sentences to count in"), sequences.EXERCISE, hint)
    title = _("A sentence with a gap ( )")
    gap = _kept("gap", sequences.GAP, lambda v, key: st.text_input(title, v, key=key, max_chars=MOST_CHARACTERS))
    st.caption(_("The sentences are cut as chosen in part 1."))
    if way.keeps_spaces and way is not Way.CHARACTERS:
        st.caption(_("Spaces are left out of the counts: they tell nothing about the word that follows."))
    cuts = _said(lambda: [sequences.without_spaces(sequences.cut(s, way), way) for s in sequences.read_lines(text)])
    before = _said(lambda: sequences.before_gap(gap, way)) if cuts else None
    if cuts and before is not None:
        _gap(cuts, before)
    if cuts:
        with st.expander(_("What comes after what, and how often"), icon=":material/format_list_numbered:"):
            _next_table(sequences.next_counts(cuts))


def _gap(cuts: Sequence[Sequence[str]], before: Sequence[str]) -> None:
    """For each length of the context: what the sentences have in this place."""
    if len(before) > _MOST_CONTEXT:
        st.caption(_("Of what stands before the gap, only the last {most} pieces are used.").format(most=_MOST_CONTEXT))
    for size in range(min(len(before), _MOST_CONTEXT) + 1):
        context = before[len(before) - size :]
        found = sequences.candidates(cuts, context)
        known = " ".join(visible(piece) for piece in context) if size else _("nothing")
        said = _("Known before the gap: **{known}** · candidates: {count:,}")
        st.markdown(said.format(known=views.plain(known), count=len(found)))
        _chips([_chip(piece, note=f"× {times}") for piece, times in found.most_common()], _MOST_NEXT)
        if not found:
            st.caption(_("None of the sentences has this, so counting can say nothing."))
            break
    st.caption(
        _("The longer the context, the fewer candidates are left; but soon no sentence is left to count in. A recurrent network needs no such table: it carries what it has read along in h.")
    )  # fmt: skip


def _next_table(counts: dict[str, Counter[str]]) -> None:
    rows = []
    for piece, following in list(counts.items())[:_MOST_WORDS]:
        after = ", ".join(f"{visible(word)} × {times}" for word, times in following.most_common(_MOST_NEXT))
        more = ", …" if len(following) > _MOST_NEXT else ""
        rows.append(
            f"<tr><td>{escape(visible(piece))}</td><td style='text-align:left'>{escape(after + more)}</td></tr>"
        )
    head = f"<tr><th>{escape(_('after'))}</th><th style='text-align:left'>{escape(_('comes'))}</th></tr>"
    st.html(f'<div class="lab-scroll"><table class="lab">{head}{"".join(rows)}</table></div>')
    _note_of_rest(len(counts), _MOST_WORDS)
