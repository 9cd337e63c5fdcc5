"""The text lab in a terminal: learn a text, write with what was learned, ask what its cells know."""

from __future__ import annotations

import argparse
import json
import math
import signal
from collections.abc import Sequence
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

from rnnlab import saved, text_file, text_replay, text_timeline
from rnnlab.architecture import EMBEDDING_DIM, UNITS, Architecture, Cell, labels
from rnnlab.cli.arguments import NOT_FINISHED
from rnnlab.cli.min_char_rnn import harmless
from rnnlab.control import Control
from rnnlab.corpora import Corpus, Source
from rnnlab.corpora.statistics import statistics
from rnnlab.experiment import CLIP_AT, LEARNING_RATE, SEED, Clipping, Optimizer
from rnnlab.history import Chunk, History, Reached, Start, Status
from rnnlab.reference import Model
from rnnlab.saved import SavedLane
from rnnlab.tasks.drawn import Said
from rnnlab.textlab import measuring, ngrams, passages, suggested
from rnnlab.textlab.experiment import (
    CHUNK,
    DROPOUT,
    LAYERS,
    PASSES,
    STREAMS,
    Schedule,
    TextExperiment,
    TextTraining,
)
from rnnlab.textlab.features import FEATURES, features_of
from rnnlab.textlab.readings import read
from rnnlab.textlab.search import search
from rnnlab.textlab.writer import Choosing, Writer
from rnnlab.texts import _, noted

CELLS = [cell.value for cell in Cell if cell.recurrent]
#: What a saved race that goes on can heed: all else is as it was.
_RESUMED = {"command", "resume", "out", "json", "device"}
#: Names of arguments that are not those of what they set.
_ARGUMENTS = {"batch_size": "streams"}
#: How it ended, where a terminal has more to say of it than a page.
_ENDS = {
    Status.FINISHED: noted("Finished: all passes are done."),
    Status.STOPPED: noted("Stopped."),
}


def add(parser: argparse.ArgumentParser) -> None:
    """Give ``parser`` the commands train, write and cells."""
    commands = parser.add_subparsers(required=True, metavar="train|write|cells", parser_class=type(parser))
    train = commands.add_parser("train", help=_("learn a text, and write one at growing intervals"))
    train.set_defaults(command=_train)
    _add_text(train)
    _add_training(train)
    train.add_argument(
        "--resume", type=Path, metavar="FILE", help=_("go on with a saved race, with its text and settings")
    )
    train.add_argument(
        "--out", type=Path, metavar="FILE", help=_("save the race there, at the end or when it is stopped")
    )
    train.add_argument("--json", action="store_true", help=_("one JSON object a measurement, and one at the end"))
    write = commands.add_parser("write", help=_("let a saved model write"))
    write.set_defaults(command=_write)
    _add_saved(write)
    write.add_argument("--prompt", help=_("what it reads first; default: the end of what it has learned from"))
    write.add_argument("--length", type=int, default=500, metavar="N", help=_("characters to write; default 500"))
    write.add_argument("--temperature", type=float, default=1.0, metavar="X", help=_("below 1 safer, above 1 wilder"))
    write.add_argument("--top-k", type=int, default=0, metavar="N", help=_("only the N likeliest characters; 0: all"))
    write.add_argument("--top-p", type=float, default=1.0, metavar="X", help=_("only the likeliest that reach X"))
    write.add_argument("--seed", type=int, default=0, metavar="N", help=_("the same seed writes the same text"))
    cells = commands.add_parser("cells", help=_("which unit of a saved model goes with what in the text"))
    cells.set_defaults(command=_cells)
    _add_saved(cells)
    cells.add_argument(
        "--characters", type=int, default=20_000, metavar="N", help=_("of held-out text; default 20,000")
    )
    cells.add_argument("--json", action="store_true", help=_("one JSON object a finding"))


def _add_text(parser: argparse.ArgumentParser) -> None:
    text = parser.add_argument_group(_("the text"))
    sources = [source.value for source in Source if source is not Source.OWN]
    text.add_argument("--source", choices=sources, help=_("default: generated, for a quick look"))
    text.add_argument("--part", metavar="NAME", help=_("one play, one group of Python's modules"))
    text.add_argument("--text-file", type=Path, metavar="FILE", help=_("a text of your own, UTF-8, up to 5 MB"))
    text.add_argument("--rarest", type=int, metavar="N", help=_("characters that occur less become one sign"))


def _add_training(parser: argparse.ArgumentParser) -> None:
    usual = TextTraining()
    parser.add_argument("--cell", choices=CELLS, action="append", help=_("may be given several times; default lstm"))
    size = f"{UNITS.low}-{UNITS.high:,}; {suggested.UNITS}"
    parser.add_argument("--units", "--hidden", type=int, metavar="N", help=size)
    parser.add_argument(
        "--embedding", type=int, metavar="N", help=f"{EMBEDDING_DIM.low}-{EMBEDDING_DIM.high:,}; one-hot"
    )
    parser.add_argument("--layers", type=int, metavar="N", help=f"{LAYERS.low}-{LAYERS.high}; 1")
    _add_switch(parser, "--no-reset-after", _("GRU: reset before the product"))
    _add_switch(parser, "--no-bias", _("no biases in the recurrent layers"))
    training = parser.add_argument_group(
        _("how it is learned"), _("Where nothing is said, passes, chunk, streams and learning rate fit the text.")
    )
    training.add_argument("--passes", type=int, metavar="N", help=f"{PASSES.low}-{PASSES.high:,}")
    training.add_argument("--chunk", type=int, metavar="N", help=f"{CHUNK.low}-{CHUNK.high:,}")
    training.add_argument("--streams", type=int, dest="batch_size", metavar="N", help=f"{STREAMS.low}-{STREAMS.high:,}")
    training.add_argument("--learning-rate", type=float, metavar="X", help=f"{LEARNING_RATE}")
    training.add_argument("--schedule", choices=[s.name.lower() for s in Schedule], help=usual.schedule.name.lower())
    training.add_argument("--optimizer", choices=[o.value for o in Optimizer], help=usual.optimizer.value)
    clip = training.add_mutually_exclusive_group()
    clip.add_argument("--clip-norm", type=float, metavar="X", help=f"{CLIP_AT}; {usual.clip_at}")
    clip.add_argument("--clip-value", type=float, metavar="X", help=f"{CLIP_AT}")
    _add_switch(clip, "--no-clip", _("gradients as they are"))
    training.add_argument("--dropout", type=float, metavar="X", help=f"{DROPOUT}; {usual.dropout:g}")
    training.add_argument("--seed", type=int, metavar="N", help=f"{SEED.low}-{SEED.high:,}; {usual.seed}")
    training.add_argument("--device", help=_("auto, cpu, gpu, or a numbered one such as gpu:1"))


def _add_switch(group: argparse._ActionsContainer, name: str, said: str) -> None:
    """One that is None, like all others, where it is not given."""
    group.add_argument(name, action="store_true", default=None, help=said)


def _add_saved(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--run", type=Path, required=True, metavar="FILE", help=_("made by text train --out"))
    parser.add_argument("--model", type=int, default=1, metavar="N", help=_("which of its architectures; default 1"))


def _given(**said: Any) -> dict[str, Any]:
    return {name: value for name, value in said.items() if value is not None}


def _training(chosen: argparse.Namespace, corpus: Corpus) -> TextTraining:
    """What fits the text, with what the person said in its place."""
    said = _given(**{field.name: getattr(chosen, field.name, None) for field in fields(TextTraining)})
    if "schedule" in said:
        said["schedule"] = Schedule[said["schedule"].upper()]
    if "optimizer" in said:
        said["optimizer"] = Optimizer(said["optimizer"])
    for kind, value in ((Clipping.NORM, chosen.clip_norm), (Clipping.VALUE, chosen.clip_value)):
        if value is not None:
            said |= {"clipping": kind, "clip_at": value}
    return replace(suggested.training(corpus), **said | ({"clipping": Clipping.NONE} if chosen.no_clip else {}))


def _corpus(chosen: argparse.Namespace) -> Corpus:
    if chosen.text_file is not None and (chosen.source or chosen.part):
        raise ValueError(_("give --text-file, or --source with --part, not both"))
    if chosen.text_file is not None:
        return Corpus(Source.OWN, own=text_file.read_path(chosen.text_file), **_given(rarest=chosen.rarest))
    return Corpus(Source(chosen.source or Source.GENERATED), **_given(part=chosen.part, rarest=chosen.rarest))


def _experiments(chosen: argparse.Namespace) -> tuple[TextExperiment, ...]:
    corpus = _corpus(chosen)
    training = _training(chosen, corpus)
    sizes: dict[str, Any] = {
        "units": suggested.UNITS,
        "reset_after": not chosen.no_reset_after,
        "use_bias": not chosen.no_bias,
    }
    sizes |= _given(units=chosen.units, embedding_dim=chosen.embedding, layers=chosen.layers)
    bench = [Architecture(Cell(cell), **sizes) for cell in chosen.cell or [Cell.LSTM.value]]
    return tuple(TextExperiment(architecture, corpus, training) for architecture in bench)


def _lanes(chosen: argparse.Namespace) -> tuple[SavedLane, ...]:
    """The lanes to train: those of a saved race, or new ones."""
    if chosen.resume is not None:
        return _resumed(chosen)
    return tuple(SavedLane(experiment, History(), b"", Status.WAITING) for experiment in _experiments(chosen))


def _resumed(chosen: argparse.Namespace) -> tuple[SavedLane, ...]:
    """Those of a saved race, on the device that was asked for."""
    if unheeded := [name for name in _given(**vars(chosen)) if name not in _RESUMED]:
        names = ", ".join("--" + _ARGUMENTS.get(name, name).replace("_", "-") for name in unheeded)
        sentence = _(
            "--resume goes on with the text, the architectures and the settings of its file and cannot heed {names}; "
            "--out, --json and --device may stand beside it"
        )
        raise ValueError(sentence.format(names=names))
    lanes = saved.from_file(chosen.resume.read_bytes())
    if not any(lane.can_continue for lane in lanes):
        raise ValueError(_("{file} is finished: there is nothing to go on with").format(file=chosen.resume.name))
    return tuple(lane._replace(experiment=_placed(lane.experiment, chosen.device)) for lane in lanes)


def _placed(experiment: TextExperiment, device: str | None) -> TextExperiment:
    return replace(experiment, training=replace(experiment.training, **_given(device=device)))


def _check_writable(path: Path) -> None:
    """Raise ``OSError`` now, and not when all is trained, where a file cannot be written."""
    new = not path.exists()
    with path.open("ab"):
        pass
    if new:
        path.unlink()


def _stoppable() -> Control:
    """Stops at Ctrl-C, when the machine asks the process to end, and when the terminal is closed."""
    control = Control()
    for name in ("SIGINT", "SIGTERM", "SIGHUP"):  # Windows has no SIGHUP; nohup has it ignored
        number = getattr(signal, name, None)
        if number is not None and not (name == "SIGHUP" and signal.getsignal(number) == signal.SIG_IGN):
            signal.signal(number, lambda *_: control.set(control.pace, True))
    return control


def _train(chosen: argparse.Namespace) -> int:
    lanes = _lanes(chosen)
    if chosen.out is not None:
        _check_writable(chosen.out)
    from rnnlab import backend, training

    backend.configure()
    racing = [lane for lane in lanes if lane.can_continue or not lane.state]
    experiments = [lane.experiment for lane in racing]
    backend.resolve(experiments[0].place)
    control = _stoppable()
    tell = _Teller(experiments, chosen.json, chosen.out)

    def report(lane: int, chunk: Chunk) -> None:
        try:
            tell.report(lane, chunk)
        except OSError:  # nobody reads it any more: the pipe or the terminal is closed
            control.set(control.pace, True)

    starts = [Start(lane.state, lane.history.epochs, lane.history.seconds) for lane in racing]
    reached = training.race(experiments, report, control, starts)
    after = [_after(lane, result) for lane, result in zip(racing, reached, strict=True)]
    if chosen.out is not None:
        kept = iter(after)
        chosen.out.write_bytes(saved.to_file([next(kept) if lane in racing else lane for lane in lanes]))
    for number, lane in enumerate(after):
        tell.end(number, lane, reached[number])
    tell.where()
    return 0 if all(result.status is Status.FINISHED for result in reached) else NOT_FINISHED


def _after(lane: SavedLane, result: Reached) -> SavedLane:
    lane.history.extend(result.chunk)
    return SavedLane(lane.experiment, lane.history, result.state, result.status)


class _Teller:
    """Says what was reached, as text or as JSON."""

    def __init__(self, experiments: Sequence[TextExperiment], as_json: bool, out: Path | None) -> None:
        self._experiments, self._as_json, self._out = experiments, as_json, out
        self._names = labels(tuple(experiment.architecture for experiment in experiments))
        self._next_sample = [1] * len(experiments)
        if not as_json:
            self._introduce(experiments[0])

    def _introduce(self, first: TextExperiment) -> None:
        corpus, made = first.corpus, statistics(first.corpus)
        print(
            f"{corpus.title}: {made.characters:,} characters, {made.vocabulary} different; {made.held_out:,} held out."
        )
        for line in measuring.lines(corpus):
            print(f"  {line.title}: {_loss(line.nats)}")
        print(
            f"{first.steps:,} steps of {first.training.batch_size} × {first.training.chunk} characters. Ctrl-C stops.\n"
        )

    def report(self, lane: int, chunk: Chunk) -> None:
        """What came since the last report."""
        for offset in range(len(chunk.scores)):
            self._measured(lane, chunk, offset)

    def _measured(self, lane: int, chunk: Chunk, offset: int) -> None:
        experiment, number = self._experiments[lane], chunk.first + offset
        loss, right, held_out_loss, held_out, _hard = chunk.scores[offset].tolist()
        step = experiment.measured[number - 1]
        said = Said(chunk.predicted[offset], chunk.probability[offset])
        text, share = text_timeline.written(experiment.corpus, said)
        characters = step * experiment.training.batch_size * experiment.training.chunk
        if self._as_json:
            line = {"architecture": self._names[lane], "step": step, "characters": characters}
            line |= {"loss": loss, "right": right, "held_out_loss": held_out_loss, "held_out": held_out}
            print(json.dumps(line | {"word_share": share, "sample": text}, ensure_ascii=False), flush=True)
            return
        print(f"{self._names[lane]}, step {step:,}: held out {_loss(held_out_loss)}, words {share:.0%}", flush=True)
        if number >= self._next_sample[lane]:
            self._next_sample[lane] = math.ceil(1.5 * number)
            print(f"\n{_indented(text)}\n", flush=True)

    def end(self, lane: int, reached: SavedLane, result: Reached) -> None:
        """How it ended."""
        seconds = reached.history.seconds
        if self._as_json:
            end = {
                "architecture": self._names[lane],
                "status": result.status.name.lower(),
                "seconds": round(seconds, 3),
            }
            print(json.dumps(end | ({"reason": result.reason} if result.reason else {})))
        else:
            how = _(_ENDS.get(result.status, result.status.value))
            said = f"{self._names[lane]}: {how} {result.reason}".strip()
            print(f"{said} {seconds:.1f} s." if reached.history.scores else said)

    def where(self) -> None:
        """Where it is kept."""
        if not self._as_json:
            print(_("Saved in {file}.").format(file=self._out) if self._out else _("Not saved; --out FILE would."))


def _loss(nats: float) -> str:
    return f"{nats:.3f} nats ({ngrams.bits(nats):.3f} bits, perplexity {ngrams.perplexity(nats):.1f})"


def _indented(text: str) -> str:
    return "\n".join(f"    {harmless(line)}" for line in text.split("\n"))


def _opened(chosen: argparse.Namespace) -> tuple[TextExperiment, Model]:
    """The experiment and the model that are chosen of a saved race."""
    lanes = saved.from_file(chosen.run.read_bytes())
    if not 1 <= chosen.model <= len(lanes):
        sentence = _("--model must be from 1 to {most}, not {given}")
        raise ValueError(sentence.format(most=len(lanes), given=chosen.model))
    lane = lanes[chosen.model - 1]
    model = text_replay.model_of(lane.experiment, lane.state)
    if model is None:
        sentence = _("{architecture} has no weights to look into. {status}")
        raise ValueError(sentence.format(architecture=lane.experiment.architecture.label, status=_(lane.status.value)))
    return lane.experiment, model


def _write(chosen: argparse.Namespace) -> int:
    experiment, model = _opened(chosen)
    choosing = Choosing(chosen.temperature, chosen.top_k, chosen.top_p)
    folded = experiment.corpus.folding.sign if experiment.corpus.rarest else ""
    writer = Writer(model, experiment.corpus.vocabulary, chosen.seed, folded)
    if chosen.prompt is None:
        print(harmless(writer.write(experiment.prompt, chosen.length, choosing).drawn))
    else:
        print(harmless(writer.write(chosen.prompt, chosen.length, choosing).text))
    return 0


def _cells(chosen: argparse.Namespace) -> int:
    experiment, model = _opened(chosen)
    tokens = passages.unread(experiment.corpus, chosen.characters)
    found = features_of("".join(experiment.corpus.vocabulary[token] for token in tokens))
    searched = search(read(model, tokens), found.values)
    for match in searched.matches:
        line = match._asdict() | {"layer": match.layer + 1}
        title = _(FEATURES[match.feature].title)
        side = _("high") if match.sign > 0 else _("low")
        said = f"{title}: {match.kind} of unit {match.unit}, layer {match.layer + 1}, {side}"
        print(json.dumps(line) if chosen.json else f"{said}, score {match.score:.2f}, p {match.p:.3f}")
    return 0
