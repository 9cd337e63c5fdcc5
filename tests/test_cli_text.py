"""``rnnlab text`` as a person calls it: what it prints, what it saves, and what it refuses."""

from __future__ import annotations

import io
import json
import re
import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from rnnlab import text_replay
from rnnlab.architecture import Architecture, Cell
from rnnlab.cli import _parser, text
from rnnlab.corpora import Corpus, Source
from rnnlab.experiment import Clipping
from rnnlab.saved import from_file, to_file
from rnnlab.textlab import passages, suggested
from rnnlab.textlab.causal import Clamp, hold_unit
from rnnlab.textlab.experiment import TextExperiment
from rnnlab.textlab.features import FEATURES
from tests.test_cli import rnnlab

TEXT = "the quick brown fox said “no” (to the lazy dog) and went on.\n" * 90
SMALL = ("text", "train", "--units", "24", "--chunk", "20", "--streams", "8", "--learning-rate", "0.02")


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("text") / "fox.txt"
    path.write_text(TEXT, encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def trained(file: Path) -> Path:
    """A saved race of two architectures."""
    out = file.with_name("fox.zip")
    cells = ("--cell", "lstm", "--cell", "gru")
    done = rnnlab(*SMALL, *cells, "--text-file", str(file), "--passes", "6", "--out", str(out))
    assert (done.returncode, done.stderr) == (0, "")
    assert "LSTM 24, step 1: held out" in done.stdout
    assert "trigram" in done.stdout
    assert "GRU 24: Finished: all passes are done." in done.stdout
    assert done.stdout.endswith(f"Saved in {out}.\n")
    return out


def test_it_learns_and_what_it_writes_turns_into_words(trained: Path) -> None:
    lstm, gru = from_file(trained.read_bytes())
    assert lstm.experiment.architecture.label == "LSTM 24"
    for lane in (lstm, gru):
        assert lane.history.scores[-1].held_out_loss < 0.5 * lane.history.scores[0].held_out_loss
    written = rnnlab("text", "write", "--run", str(trained), "--length", "120", "--temperature", "0.3", "--seed", "4")
    again = rnnlab("text", "write", "--run", str(trained), "--length", "120", "--temperature", "0.3", "--seed", "4")
    assert written.stdout == again.stdout
    assert len(set(written.stdout.split()) & set(TEXT.split())) >= 3
    other = rnnlab("text", "write", "--run", str(trained), "--model", "2", "--prompt", "the quick", "--length", "40")
    assert other.stdout.startswith("the quick")


def test_what_the_units_go_with_is_said_as_json(trained: Path, file: Path) -> None:
    done = rnnlab("text", "cells", "--run", str(trained), "--json")
    assert done.returncode == 2, "a tenth of this text is too short to tell a finding from chance"
    assert "the passage needs 3,000 characters at least" in done.stderr
    long, out = file.with_name("long.txt"), file.with_name("long.zip")
    long.write_text(TEXT * 8, encoding="utf-8")
    assert rnnlab(*SMALL, "--text-file", str(long), "--passes", "1", "--out", str(out)).returncode == 0
    lines = [json.loads(line) for line in rnnlab("text", "cells", "--run", str(out), "--json").stdout.splitlines()]
    found = [line for line in lines if "left_out" not in line]
    assert {"feature", "layer", "kind", "unit", "score", "sign", "p", "verdict"} <= set(found[0])
    left_out = {line["feature"]: line["left_out"] for line in lines if "left_out" in line}
    assert left_out["digit"] == "never occurs in this passage"
    assert {match["feature"] for match in found} >= {"quotes", "round", "word_start", "vowel"}
    assert all(0 <= match["p"] <= 1 for match in found)
    said = rnnlab("text", "cells", "--run", str(out)).stdout
    assert re.search(r", score 0\.\d\d, p (< 0\.001|0\.\d{3}): (may be chance|real, but weak|a finding)\n", said)
    assert "Not looked for, as it never occurs in this passage: inside square brackets, " in said
    _a_unit_is_held(out)


def _a_unit_is_held(race: Path) -> None:
    """What is told of it is what the library finds."""
    lane = from_file(race.read_bytes())[0]
    corpus = lane.experiment.corpus
    tokens = passages.unread(corpus, 20_000)
    quotes = FEATURES["quotes"].values("".join(corpus.vocabulary[token] for token in tokens))
    hold = ("text", "cells", "--run", str(race), "--hold", "5", "--feature", "quotes")
    told = json.loads(rnnlab(*hold, "--json").stdout)
    clamp = Clamp(0, told["kind"], 5)
    mark = corpus.vocabulary.index("”")
    model = text_replay.model_of(lane.experiment, lane.state)
    assert model is not None
    tested = hold_unit(model, tokens, quotes, clamp, [mark])
    inside = tested.effect.inside
    assert told["inside"]["characters"] == inside.characters
    assert told["inside"]["loss_after"] == pytest.approx(inside.loss.after, abs=1e-6)
    assert told["inside"]["rank"] == tested.rank("inside")
    assert told["inside"]["watched"]["”"] == pytest.approx(list(inside.watched[mark]), abs=1e-6)
    said = rnnlab(*hold).stdout
    assert f"where it holds: inside quotation marks, {inside.characters:,} characters: loss" in said
    assert f"rank {tested.rank('inside')} of 16" in said
    assert "p of ”: " in said


def test_ctrl_c_the_machine_and_a_closed_terminal_stop_it() -> None:
    numbers = signal.SIGINT, signal.SIGTERM, signal.SIGHUP
    before = [signal.getsignal(number) for number in numbers]
    try:
        for number in numbers:
            signal.signal(number, signal.SIG_DFL)
            control = text._stoppable()
            signal.raise_signal(number)
            assert control.stopping, number.name
        signal.signal(signal.SIGHUP, signal.SIG_IGN)
        text._stoppable()
        assert signal.getsignal(signal.SIGHUP) == signal.SIG_IGN, "nohup goes on"
    finally:
        for number, handler in zip(numbers, before, strict=True):
            signal.signal(number, handler)


def test_what_was_reached_is_saved_when_it_is_ended_and_resume_goes_on(file: Path) -> None:
    out = file.with_name("stopped.zip")
    command = [*SMALL, "--text-file", str(file), "--passes", "40", "--json", "--out", str(out)]
    with subprocess.Popen(
        [sys.executable, "-m", "rnnlab", *command], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        for line in process.stdout:
            if json.loads(line).get("step", 0) >= 5:
                break
        process.send_signal(signal.SIGTERM)
        rest, errors = process.communicate(timeout=120)
    assert (process.returncode, errors) == (1, "")
    assert json.loads(rest.splitlines()[-1])["status"] == "stopped"
    (lane,) = from_file(out.read_bytes())
    assert 5 <= lane.history.epochs < lane.experiment.epochs
    assert lane.can_continue
    done = rnnlab("text", "train", "--resume", str(out), "--device", "cpu", "--out", str(out))
    assert done.returncode == 0, done.stderr
    (lane,) = from_file(out.read_bytes())
    assert lane.history.epochs == lane.experiment.epochs
    assert lane.experiment.training.device == "cpu"


def test_what_was_reached_is_saved_also_when_nobody_reads_any_more(file: Path) -> None:
    out = file.with_name("unread.zip")
    command = [*SMALL, "--text-file", str(file), "--passes", "400", "--out", str(out)]
    with subprocess.Popen(
        [sys.executable, "-m", "rnnlab", *command], stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        assert process.stdout is not None
        while b"step 5:" not in process.stdout.readline():
            pass
        process.stdout.close()
        assert process.stderr is not None
        errors = process.stderr.read()
    assert (process.returncode, errors) == (141, b"")
    (lane,) = from_file(out.read_bytes())
    assert lane.can_continue


def test_a_place_where_it_cannot_be_saved_is_refused_before_anything_is_trained(file: Path) -> None:
    for out in (file.parent / "nowhere" / "x.zip", file.parent):
        done = rnnlab("text", "train", "--text-file", str(file), "--out", str(out))
        assert (done.returncode, done.stdout) == (2, "")
        assert done.stderr.startswith(f"rnnlab: cannot read or write {out}: ")
    new = file.with_name("new.zip")
    text._check_writable(new)
    assert not new.exists(), "to have looked leaves nothing"
    before = file.read_bytes()
    text._check_writable(file)
    assert file.read_bytes() == before


def test_what_a_resumed_race_cannot_heed_is_refused_by_name(trained: Path) -> None:
    given = ("--source", "shakespeare", "--units", "99", "--passes", "2", "--streams", "3", "--no-bias")
    done = rnnlab("text", "train", "--resume", str(trained), *given)
    assert (done.returncode, done.stdout) == (2, "")
    assert "cannot heed --source, --units, --no-bias, --passes, --streams;" in done.stderr


def test_what_is_not_said_fits_the_text(file: Path) -> None:
    def experiment(*arguments: str) -> TextExperiment:
        (only,) = text._experiments(_parser().parse_args(["text", "train", *arguments]))
        return only

    assert experiment().training == suggested.training(Corpus(Source.GENERATED))
    short = experiment("--text-file", str(file), "--learning-rate", "0.02")
    assert short.training == replace(suggested.training(short.corpus), learning_rate=0.02)
    assert short.steps >= 1_000
    assert experiment("--no-clip", "--passes", "2").training.clipping is Clipping.NONE
    assert experiment("--units", "7", "--layers", "2", "--no-bias").architecture == Architecture(
        Cell.LSTM, 7, layers=2, use_bias=False
    )


def test_a_command_ends_quietly_when_nobody_reads_what_it_prints() -> None:
    with subprocess.Popen(
        [sys.executable, "-m", "rnnlab", "tasks"], stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.close()
        assert process.stderr.read() == b""
    assert process.returncode == 141


def test_a_finished_race_has_nothing_to_go_on_with(trained: Path) -> None:
    done = rnnlab("text", "train", "--resume", str(trained))
    assert (done.returncode, done.stderr) == (2, "rnnlab: fox.zip is finished: there is nothing to go on with\n")


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("train", "--text-file", "FILE", "--source", "python"), "give --text-file, or --source with --part, not both"),
        (("train", "--source", "generated", "--part", "sonnets"), "sonnets"),
        (("train", "--text-file", "FILE", "--streams", "500"), "500 streams with chunks of 64 need 32,001 characters"),
        (("train", "--passes", "0"), "passes must be a whole number from 1 to 1,000, not 0"),
        (("write", "--run", "FILE"), "this is no saved race of the text lab, or it is damaged"),
        (
            ("write", "--run", "ZIP", "--prompt", "나는"),
            "the prompt has characters that the text does not have: '나', '는'",
        ),
        (("write", "--run", "ZIP", "--temperature", "-1"), "temperature"),
        (("write", "--run", "ZIP", "--model", "3"), "--model must be from 1 to 2, not 3"),
        (("cells", "--run", "ZIP", "--hold", "24"), "--hold must be a whole number from 0 to 23, not 24"),
        (("cells", "--run", "ZIP", "--layer", "1"), "--layer and --feature are of the unit that --hold switches off"),
        (("cells", "--run", "nowhere.zip"), "cannot read or write nowhere.zip: no such file or directory"),
    ],
)
def test_what_it_cannot_do_it_says(arguments: tuple[str, ...], sentence: str, file: Path, trained: Path) -> None:
    there = {"FILE": str(file), "ZIP": str(trained)}
    done = rnnlab("text", *(there.get(argument, argument) for argument in arguments))
    assert done.returncode == 2
    assert sentence in done.stderr
    assert "Traceback" not in done.stderr
    assert done.stdout == ""


@pytest.mark.parametrize("content", [b"", b"aaaaaaa", b"\xff\xfe\0h\0i", b"PNG\0\0"])
def test_texts_that_are_none(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "odd.txt"
    path.write_bytes(content)
    done = rnnlab("text", "train", "--text-file", str(path))
    assert done.returncode == 2
    assert done.stderr.startswith("rnnlab: ")
    assert "Traceback" not in done.stderr


def test_damaged_and_diverged_runs_are_refused_with_a_sentence(trained: Path) -> None:
    whole = bytearray(trained.read_bytes())
    lanes = from_file(bytes(whole))
    whole[60:120] = bytes(60)
    broken, diverged = trained.with_name("broken.zip"), trained.with_name("diverged.zip")
    broken.write_bytes(whole)
    done = rnnlab("text", "train", "--resume", str(broken))
    assert (done.returncode, done.stderr) == (2, "rnnlab: this is no saved race of the text lab, or it is damaged\n")
    with np.load(io.BytesIO(lanes[0].state)) as file:
        arrays = {name: array * np.nan if name == "weight_0" else array for name, array in file.items()}
    state = io.BytesIO()
    np.savez(state, **arrays)
    diverged.write_bytes(to_file([lanes[0]._replace(state=state.getvalue()), lanes[1]]))
    done = rnnlab("text", "write", "--run", str(diverged))
    assert done.returncode == 2
    assert "LSTM 24 has no weights to look into. Stopped: the loss is no longer a number." in done.stderr
    done = rnnlab("text", "write", "--run", str(diverged), "--model", "2", "--length", "9")
    assert (done.returncode, done.stderr) == (0, "")
