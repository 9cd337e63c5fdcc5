"""The command text cells: which units of a saved model go with what in the text, and what depends on one of them."""

from __future__ import annotations

import argparse
import json
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rnnlab import text_drawing
from rnnlab.architecture import Architecture, Range
from rnnlab.cli.text_run import add_run, opened
from rnnlab.corpora.statistics import visible_character
from rnnlab.reference import Model
from rnnlab.textlab import passages
from rnnlab.textlab.causal import Clamp, Tested, hold_unit
from rnnlab.textlab.features import FEATURES, Found, features_of
from rnnlab.textlab.readings import read
from rnnlab.textlab.search import Match, p_value, search, verdict
from rnnlab.texts import _


def add(parser: argparse.ArgumentParser) -> None:
    """Make ``parser`` that of the command."""
    parser.set_defaults(command=_cells)
    add_run(parser)
    parser.add_argument(
        "--characters", type=int, default=20_000, metavar="N", help=_("of held-out text; default 20,000")
    )
    parser.add_argument("--hold", type=int, metavar="UNIT", help=_("switch this unit off, and see what depends on it"))
    parser.add_argument("--layer", type=int, metavar="N", help=_("of the unit that is held; default 1"))
    feature = _("inside and outside of what; default: what the unit goes with best")
    parser.add_argument("--feature", choices=list(FEATURES), metavar="NAME", help=f"{feature}; {', '.join(FEATURES)}")
    parser.add_argument("--json", action="store_true", help=_("one JSON object a finding"))


def _cells(chosen: argparse.Namespace) -> int:
    if chosen.hold is None and (chosen.layer, chosen.feature) != (None, None):
        raise ValueError(_("--layer and --feature are of the unit that --hold switches off"))
    experiment, model = opened(chosen)
    if chosen.hold is not None:
        _check_unit(chosen, experiment.architecture)
    vocabulary = experiment.corpus.vocabulary
    tokens = passages.unread(experiment.corpus, chosen.characters)
    found = features_of("".join(vocabulary[token] for token in tokens))
    readings = read(model, tokens)
    if chosen.hold is None:
        matches = search(readings, found.values).matches
        _tell_found(matches, found, chosen.json)
        return 0
    every = len(readings.layers) * len(readings.kinds) * readings.units
    match = _of_unit(search(readings, found.values, every).matches, found, chosen)
    watched = [vocabulary.index(end) for end in FEATURES[match.feature].ends if end in vocabulary]
    tested = _held(model, tokens, found, match, watched)
    (_tell_held_as_json if chosen.json else _tell_held)(match, tested, vocabulary)
    return 0


def _check_unit(chosen: argparse.Namespace, architecture: Architecture) -> None:
    Range(0, architecture.units - 1).check("--hold", chosen.hold)
    Range(1, architecture.layers).check("--layer", 1 if chosen.layer is None else chosen.layer)


def _tell_found(matches: tuple[Match, ...], found: Found, as_json: bool) -> None:
    """The matches, the best first, and what was not looked for."""
    if as_json:
        lines = [match._asdict() | {"layer": match.layer + 1, "verdict": verdict(match)} for match in matches]
        for line in (*lines, *({"feature": name, "left_out": why} for name, why in found.left_out.items())):
            print(json.dumps(line, ensure_ascii=False))
        return
    for match in matches:
        print(_said(match))
    for why in dict.fromkeys(found.left_out.values()):
        names = ", ".join(_(FEATURES[name].title) for name, reason in found.left_out.items() if reason == why)
        print(_("Not looked for, as it {why}: {features}.").format(why=why, features=names))


def _said(match: Match) -> str:
    title, side = _(FEATURES[match.feature].title), _("high there") if match.sign > 0 else _("low there")
    p = p_value(match.p)
    measured = f"score {match.score:.2f}, p {p}"
    return f"{title}: {match.kind} of unit {match.unit}, layer {match.layer + 1}, {side}, {measured}: {verdict(match)}"


def _of_unit(matches: tuple[Match, ...], found: Found, chosen: argparse.Namespace) -> Match:
    """What the unit goes with best, or how well it goes with the feature that was named.

    Raises:
        ValueError: that feature is not in the passage.
    """
    if why := found.left_out.get(chosen.feature):
        raise ValueError(_("--feature {name} cannot be had here: it {why}").format(name=chosen.feature, why=why))
    layer = (chosen.layer or 1) - 1
    of_unit = (match for match in matches if (match.layer, match.unit) == (layer, chosen.hold))
    return next(match for match in of_unit if chosen.feature in (None, match.feature))


def _held(model: Model, tokens: NDArray[np.intp], found: Found, match: Match, watched: list[int]) -> Tested:
    clamp = Clamp(match.layer, match.kind, match.unit)
    return hold_unit(model, tokens, found.values[match.feature], clamp, watched)


def _parts(tested: Tested, feature: str) -> dict[str, str]:
    """The parts of the passage that there are, by their titles."""
    titles = text_drawing.parts(_(FEATURES[feature].title))
    return {name: title for name, title in titles.items() if getattr(tested.effect, name).characters}


def _tell_held(match: Match, tested: Tested, vocabulary: str) -> None:
    print(f"{_said(match)}\n")
    print(
        _("Switched off, beside {n} other units of its layer in turn (rank 1: the most harm):").format(
            n=len(tested.others)
        )
    )
    for name, title in _parts(tested, match.feature).items():
        part = getattr(tested.effect, name)
        rank = f"rank {tested.rank(name)} of {1 + len(tested.others)}"
        loss = f"{part.loss.before:.3f} → {part.loss.after:.3f} nats ({part.loss.by:+.3f})"
        print(f"  {title}, {part.characters:,} characters: loss {loss}, {rank}")
        for token, change in part.watched.items():
            said = f"{text_drawing.percent(change.before)} → {text_drawing.percent(change.after)}"
            print(f"    p of {visible_character(vocabulary[token])}: {said}")
    print(f"\n{text_drawing.effects_said(tested)}")


def _tell_held_as_json(match: Match, tested: Tested, vocabulary: str) -> None:
    def plain(name: str) -> dict[str, Any]:
        part = getattr(tested.effect, name)
        watched = {vocabulary[token]: list(change) for token, change in part.watched.items()}
        loss = {"characters": part.characters, "loss_before": part.loss.before, "loss_after": part.loss.after}
        return loss | {"rank": tested.rank(name), "watched": watched}

    line = match._asdict() | {"layer": match.layer + 1, "verdict": verdict(match), "units": 1 + len(tested.others)}
    parts = {name: plain(name) for name in _parts(tested, match.feature)}
    print(json.dumps(line | {"held_at": tested.effect.value} | parts, ensure_ascii=False))
