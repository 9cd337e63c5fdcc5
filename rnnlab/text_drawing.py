"""Texts whose characters have colours: what is written by its probability, what is read by a unit's value.

All is plain data for a drawing of characters in the browser, which puts every character there as text, never as HTML.
"""

from __future__ import annotations

import base64
import io
from collections.abc import Sequence
from html import escape
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageColor

from rnnlab.colours import ABOVE_ZERO, BELOW_ZERO, GATES
from rnnlab.corpora.statistics import visible_character
from rnnlab.counting import Gate
from rnnlab.textlab.causal import Part, Tested
from rnnlab.textlab.holding import Compared
from rnnlab.textlab.writer import Written
from rnnlab.texts import _, noted, number

#: How solid a colour is behind a letter, at most, of 255.
_STRONGEST = 0xB0
#: A range that is smaller than this is none.
_STILL = 1e-6
#: Columns of the small pictures of a passage, and the most rows.
COLUMNS, ROWS = 60, 40
#: Small pictures that stand side by side in the one that has them all.
ACROSS = 16
#: Nats by which a loss must rise for a unit to be missed, and the ranks that stand out.
_HARM, _AMONG_THE_FIRST = 0.01, 2
_SIGMOIDS = {
    "i": Gate.INPUT,
    "f": Gate.FORGET,
    "o": Gate.OUTPUT,
    "z": Gate.UPDATE,
    "r": Gate.RESET,
}
KINDS: dict[str, str] = {
    "h": noted("h, the hidden state: what is revealed"),
    "c": noted("c, the cell state: what is kept"),
    "i": noted("i, the input gate: how much may be written"),
    "f": noted("f, the forget gate: near 0 erases"),
    "g": noted("g, the candidate: what could be written"),
    "o": noted("o, the output gate: how much is revealed"),
    "z": noted("z, the update gate: near 1 keeps the old state"),
    "r": noted("r, the reset gate: near 0 leaves the past out of g"),
}


class Scale(NamedTuple):
    """Colours of values from ``low`` to ``high``; at ``middle`` there is none."""

    low: float
    high: float
    below: str
    above: str
    middle: float = 0.0

    def colour(self, value: float) -> str:
        """As CSS has it: "#rrggbbaa"; nothing of what is no number."""
        if not np.isfinite(value):
            return ""
        share = float(self.shares(np.array(value)))
        return f"{self.above if share >= 0 else self.below}{round(_STRONGEST * abs(share)):02X}"

    def shares(self, values: NDArray[Any]) -> NDArray[Any]:
        """How strong the colours of values are: −1 at ``low``, 0 at ``middle``, 1 at ``high``."""
        reach = max(self.high - self.middle, _STILL)
        return np.clip((values - self.middle) / reach, -1.0, 1.0)


def scale_of(kind: str, values: NDArray[Any], stretched: bool = False) -> Scale:
    """The colours of h, c or a gate: a gate's own from 0 to 1, else blue to red from −1 to 1; c of a unit as far as it goes.

    Where they are ``stretched``, from blue at the lowest of the values to red at the highest, so that also small changes show.
    """
    if stretched:
        low, high = float(values.min()), float(values.max())
        return Scale(low, high, BELOW_ZERO, ABOVE_ZERO, (low + high) / 2)
    if kind in _SIGMOIDS:
        return Scale(0.0, 1.0, GATES[_SIGMOIDS[kind]], GATES[_SIGMOIDS[kind]])
    most = float(np.abs(values).max(initial=0.0)) if kind == "c" else 1.0
    limit = next((size for size in (1.0, 1.5, 2.0, 3.0, 5.0, 7.0, 10.0, 15.0, 20.0, 30.0, 50.0) if most <= size), 100.0)
    return Scale(-limit, limit, BELOW_ZERO, ABOVE_ZERO)


class Rise(NamedTuple):
    """Colours of how much a loss has risen, blue where it has fallen."""

    limit: float = 3.0

    @property
    def scale(self) -> Scale:
        return Scale(-self.limit, self.limit, BELOW_ZERO, ABOVE_ZERO)


class Shown(NamedTuple):
    """A text as it is drawn, with N characters.

    Attributes:
        text: its characters.
        colours: behind each; "" for none.
        notes: a few words on each, for whoever points at it.
        marks: what is drawn beneath each: 1 a line, 2 a frame (a forced character), 0 nothing.
        vocabulary: the characters of ``alternatives``, by their numbers there.
        alternatives: of each position [number in ``vocabulary``, a share, another share], the best first; what stands
            there is among them.
    """

    text: tuple[str, ...]
    colours: tuple[str, ...]
    notes: tuple[str, ...]
    marks: tuple[int, ...]
    vocabulary: tuple[str, ...] = ()
    alternatives: tuple[list[list[float]], ...] = ()


def written(found: Written, colour: str) -> Shown:
    """A text that was written: the stronger the colour, the less likely the character; beneath the prompt there is a line, and what
    was forced has a frame.

    Args:
        found: the text.
        colour: "#rrggbb".
    """
    rows = [
        [[one.token, _rounded(one.probability), _rounded(one.chance)] for one in found.alternatives(n)]
        for n in range(len(found.tokens))
    ]
    return Shown(
        tuple(found.text),
        tuple(
            f"{colour}{round(_STRONGEST * (1 - p)):02X}" if np.isfinite(p) else "" for p in found.probabilities.tolist()
        ),
        tuple(_chance(p) for p in found.probabilities.tolist()),
        tuple(np.where(found.forced, 2, found.given).tolist()),
        tuple(found.vocabulary),
        tuple(rows),
    )


def read(text: str, values: NDArray[Any], scale: Scale, feature: NDArray[Any] | None = None) -> Shown:
    """A text that was read, coloured by the values of one unit, (N), with a line beneath where a feature (N) holds."""
    holds = np.zeros(len(text), bool) if feature is None else feature > min(feature.mean(), 0.999 * feature.max())
    shown = [float(value) for value in values]
    return Shown(
        tuple(text),
        tuple(map(scale.colour, shown)),
        tuple(f"{value:+.3f}".replace("-", "−") for value in shown),
        tuple(int(one) for one in holds),
    )


def compared(
    found: Compared, vocabulary: str, watched: Sequence[int] = (), feature: NDArray[Any] | None = None
) -> Shown:
    """A text with the change of each character's loss, and the probabilities before and after."""
    losses, scale = found.losses.tolist(), Rise().scale
    holds = np.zeros(len(losses), bool) if feature is None else feature > min(feature.mean(), 0.999 * feature.max())
    own = zip(found.tokens.tolist(), found.before, found.after, strict=True)
    pairs = [(float(before[token]), float(after[token])) for token, before, after in own]
    return Shown(
        tuple(vocabulary[token] for token in found.tokens),
        tuple(map(scale.colour, losses)),
        tuple(_change(before, after) for before, after in pairs),
        tuple(int(one) for one in holds),
        tuple(vocabulary),
        tuple(
            [
                [token, _rounded(float(found.before[n, token])), _rounded(float(found.after[n, token]))]
                for token in found.alternatives(n, watched)
            ]
            for n in range(len(losses))
        ),
    )


class Small(NamedTuple):
    """Small pictures of a passage, one for each unit, all in one.

    Attributes:
        image: a PNG as an address of data.
        across: how many stand side by side.
        down: how many rows of them there are.
        rows: lines of each; it has ``COLUMNS`` columns.
    """

    image: str
    across: int
    down: int
    rows: int


def small(text: str, values: NDArray[np.float32], kind: str, stretched: bool = False) -> Small:
    """A point for every character, in lines as the text has them, for every unit of (N, U) in the colours of its scale."""
    places = _places(text)
    rows, units = 1 + max(row for row, _column in places), values.shape[1]
    down = -(-units // ACROSS)
    scales = [scale_of(kind, unit, stretched) for unit in values.T]
    shares = [scale.shares(unit) for scale, unit in zip(scales, values.T, strict=True)]
    levels = 128 + np.rint(127 * np.stack(shares)).astype(np.int16)  # (U, N)
    points = np.zeros((down * ACROSS, rows, COLUMNS), np.uint8)  # 0: nothing there
    row, column = np.array(places).T
    points[:units, row, column] = levels[:, : len(places)]
    sheet = points.reshape(down, ACROSS, rows, COLUMNS).transpose(0, 2, 1, 3).reshape(down * rows, ACROSS * COLUMNS)
    return Small(_png(sheet, scales[0]), ACROSS, down, rows)


def _places(text: str) -> list[tuple[int, int]]:
    """Row and column of each character, as far as there are rows."""
    found, row, column = [], 0, 0
    for character in text:
        if column == COLUMNS:
            row, column = row + 1, 0
        if row == ROWS:
            break
        found.append((row, column))
        row, column = (row + 1, 0) if character == "\n" else (row, column + 1)
    return found


def _png(points: NDArray[np.uint8], scale: Scale) -> str:
    """A picture with a palette: 0 is nothing, 1 … 255 the values from the lowest to the highest."""
    below, above = ImageColor.getrgb(scale.below)[:3], ImageColor.getrgb(scale.above)[:3]
    palette = bytes(part for level in range(256) for part in (below if level < 128 else above))
    solid = bytes([0, *(min(255, 24 + round(231 * abs(level - 128) / 127)) for level in range(1, 256))])
    picture, file = Image.fromarray(points, "P"), io.BytesIO()
    picture.putpalette(palette)
    picture.save(file, "png", transparency=solid)
    return "data:image/png;base64," + base64.b64encode(file.getvalue()).decode()


def gradient(scale: Scale) -> str:
    """The colours of a scale from left to right, as CSS has them."""
    strongest = f"{_STRONGEST:02X}"
    if scale.low == scale.middle:
        return f"linear-gradient(90deg,{scale.above}00,{scale.above}{strongest})"
    return f"linear-gradient(90deg,{scale.below}{strongest},{scale.above}00 50%,{scale.above}{strongest})"


def key(low: str, high: str, colours: str, middle: str = "") -> str:
    """A legend as HTML: a strip of colours between the words for its ends; only ``colours`` is taken as it stands."""
    inner = f'<i style="display:inline-block;width:9rem;height:.7rem;border-radius:.2rem;border:1px solid rgba(128,128,128,.4);background:{colours}"></i>'
    after = f' <span style="opacity:.75;margin-left:.6rem">{escape(middle)}</span>' if middle else ""
    return (
        '<div style="display:flex;flex-wrap:wrap;align-items:center;gap:.15rem .45rem;font-size:.85rem">'
        f"<span>{escape(low)}</span>{inner}<span>{escape(high)}</span>{after}</div>"
    )


def bands(colours: Sequence[str]) -> str:
    """As CSS has it: a band of each colour ("#rrggbb") beneath the other, from nothing to as strong as behind a letter."""
    height = 100 / len(colours)
    places = [f"0 {100 * n / max(1, len(colours) - 1):.4g}%/100% {height:.4g}%" for n in range(len(colours))]
    return ",".join(
        f"linear-gradient(90deg,{colour}00,{colour}{_STRONGEST:02X}) {place} no-repeat"
        for colour, place in zip(colours, places, strict=True)
    )


def scale_key(scale: Scale, middle: str = "") -> str:
    """The legend of a scale, as HTML."""
    return key(number(scale.low), number(scale.high), gradient(scale), middle)


def percent(share: float) -> str:
    """A probability as people say it: "87 %", "0.4 %", "< 0.01 %"."""
    if not np.isfinite(share):
        return "–"
    hundred = 100 * share
    if hundred < 0.01:
        return "< 0.01 %" if hundred else "0 %"
    return f"{hundred:.{0 if hundred >= 9.95 else 1 if hundred >= 0.95 else 2}f} %"


def _chance(probability: float) -> str:
    return percent(probability) if np.isfinite(probability) else _("the first: nothing was read before it")


def _change(before: float, after: float) -> str:
    if not np.isfinite(before):
        return _("the first: nothing was read before it")
    return _("{before} before, {after} with the unit held").format(before=percent(before), after=percent(after))


def _rounded(share: float) -> float:
    return float(f"{share:.4g}")


def effects(tested: Tested, feature: str, vocabulary: str) -> str:
    """What comes of holding a unit as a table, in HTML: a row for each part of the passage.

    Args:
        tested: what was held, and others in the same way.
        feature: its title.
        vocabulary: the characters by their numbers.
    """
    parts = {
        "whole": _("everywhere"),
        "inside": _("where it holds: {feature}").format(feature=feature),
        "outside": _("elsewhere"),
        "ending": _("where a watched character comes"),
    }
    watched = tuple(tested.effect.whole.watched)
    heads = [_("where"), _("characters"), _("loss before"), _("after"), _("change"), _("rank")]
    heads += [_("p of {character}").format(character=visible_character(vocabulary[token])) for token in watched]
    shown = {name: title for name, title in parts.items() if name != "ending" or watched}
    rows = "".join(_effect_row(tested, name, title, watched, heads) for name, title in shown.items())
    head = "".join(f"<th>{escape(words)}</th>" for words in heads)
    return f'<div class="lab-scroll"><table class="lab lab-stacked"><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table></div>'


def effects_said(tested: Tested) -> str:
    """What the table of effects comes to, in a sentence; empty where the feature never holds."""
    inside, outside = tested.effect.inside, tested.effect.outside
    rank = tested.rank("inside")
    if rank is None:
        return ""
    if inside.loss.by < _HARM:
        return _("Where the feature holds, the model does as well without this unit: it does not need it there.")
    if rank > _AMONG_THE_FIRST:
        return _(
            "Other units do as much harm where the feature holds: the model does not depend on this one above all."
        )
    if outside.characters and inside.loss.by < outside.loss.by:
        return _(
            "It does much harm, but no less where the feature does not hold: the unit is for more than this feature."
        )
    return _("Where the feature holds it does more harm than elsewhere, and more than almost any other unit: the model depends on it there.")  # fmt: skip


def _effect_row(tested: Tested, name: str, title: str, watched: Sequence[int], heads: Sequence[str]) -> str:
    part: Part = getattr(tested.effect, name)
    cells = [title, f"{part.characters:,}"]
    if part.characters:
        rank = _("{rank} of {n}").format(rank=tested.rank(name), n=1 + len(tested.others))
        loss = part.loss
        cells += [f"{loss.before:.3f}", f"{loss.after:.3f}", f"{loss.by:+.3f}".replace("-", "−"), rank]
        changes = [part.watched[token] for token in watched]
        cells += [f"{percent(change.before)} → {percent(change.after)}" for change in changes]
    else:
        cells += ["–"] * (4 + len(watched))
    named = zip(heads, cells, strict=True)  # on a narrow screen each cell says its own head
    return "<tr>" + "".join(f'<td data-head="{escape(head)}">{escape(cell)}</td>' for head, cell in named) + "</tr>"
