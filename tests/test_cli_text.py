"""``rnnlab text`` as a person calls it: what it prints, what it saves, and what it refuses."""

from __future__ import annotations

import io
import json
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from rnnlab.saved import from_file, to_file
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
    assert "GRU 24: Finished" in done.stdout
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
    found = [json.loads(line) for line in rnnlab("text", "cells", "--run", str(out), "--json").stdout.splitlines()]
    assert {"feature", "layer", "kind", "unit", "score", "sign", "p"} <= set(found[0])
    assert {match["feature"] for match in found} >= {"quotes", "round", "word_start", "vowel"}
    assert all(0 <= match["p"] <= 1 for match in found)


def test_ctrl_c_saves_what_was_reached_and_resume_goes_on(file: Path) -> None:
    out = file.with_name("stopped.zip")
    command = [*SMALL, "--text-file", str(file), "--passes", "400", "--json", "--out", str(out)]
    with subprocess.Popen(
        [sys.executable, "-m", "rnnlab", *command], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        for line in process.stdout:
            if json.loads(line).get("step", 0) >= 5:
                break
        process.send_signal(signal.SIGINT)
        rest, errors = process.communicate(timeout=120)
    assert (process.returncode, errors) == (1, "")
    assert json.loads(rest.splitlines()[-1])["status"] == "stopped"
    (lane,) = from_file(out.read_bytes())
    assert 5 <= lane.history.epochs < lane.experiment.epochs
    assert lane.can_continue


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
