"""``rnnlab train --trainer numpy`` as a person calls it: what it prints, how it stops, and what it refuses."""

import json
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from rnnlab.min_char_rnn import MinCharRnn
from tests.test_cli import rnnlab

TEXT = "the quick brown fox jumps over the lazy dog\n" * 20
NUMPY = ("train", "--trainer", "numpy")


@pytest.fixture
def file(tmp_path: Path) -> str:
    (tmp_path / "fox.txt").write_text(TEXT, encoding="utf-8")
    return str(tmp_path / "fox.txt")


def test_it_prints_the_smoothed_loss_and_a_sample_every_100_iterations(file: str) -> None:
    done = rnnlab(*NUMPY, "--text-file", file, "--iterations", "250", "--hidden", "20", "--seed", "3")
    assert (done.returncode, done.stderr) == (0, "")
    told = [line.split(",")[0] for line in done.stdout.splitlines() if line.startswith("iteration ")]
    assert told == ["iteration 0", "iteration 100", "iteration 200", "iteration 250"]
    model = MinCharRnn(TEXT, units=20, seed=3)
    for _ in range(200):
        model.step()
    assert f"iteration 200, smoothed loss {model.smoothed_loss:.3f} " in done.stdout
    assert model.sample() in done.stdout
    assert done.stdout.splitlines()[-1].startswith("Finished after 250 iterations")


def test_as_json_it_is_a_line_every_100_iterations_and_one_at_the_end(file: str) -> None:
    command = (*NUMPY, "--text-file", file, "--iterations", "300", "--units", "20", "--clip-value", "1", "--json")
    *lines, end = map(json.loads, rnnlab(*command, "--learning-rate", "0.05").stdout.splitlines())
    assert [line["iteration"] for line in lines] == [0, 100, 200, 300]
    assert lines[-1]["loss"] < lines[0]["loss"]
    assert all(len(line["sample"]) == 200 for line in lines)
    assert (end["status"], end["iteration"], end["loss"]) == ("finished", 300, lines[-1]["loss"])
    *slower, _ = map(json.loads, rnnlab(*command, "--learning-rate", "0.01").stdout.splitlines())
    assert slower[-1]["loss"] != lines[-1]["loss"]


def test_ctrl_c_stops_it_with_what_was_reached(file: str) -> None:
    command = [sys.executable, "-m", "rnnlab", *NUMPY, "--text-file", file, "--iterations", "100000000", "--units", "9"]
    with subprocess.Popen([*command, "--json"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        first = [json.loads(process.stdout.readline()) for _ in range(2)]  # while it trains
        process.send_signal(signal.SIGINT)
        rest, errors = process.communicate(timeout=60)
    *_, reached, end = [*first, *map(json.loads, rest.splitlines())]
    assert (process.returncode, errors, end["status"]) == (1, "", "stopped")
    assert reached["iteration"] == end["iteration"] >= 100


def test_a_text_on_the_command_line_may_be_of_any_length_and_language() -> None:
    *lines, end = map(
        json.loads,
        rnnlab(*NUMPY, "--text", "나는 밥을", "--iterations", "200", "--units", "10", "--json").stdout.splitlines(),
    )
    assert end["loss"] < lines[0]["loss"]
    assert set(lines[-1]["sample"]) <= set("나는 밥을")


def test_without_numpy_a_short_text_file_is_the_task_of_ones_own_text(tmp_path: Path) -> None:
    (tmp_path / "short.txt").write_bytes(b"\xef\xbb\xbfbanana bandana\r\n")
    done = rnnlab("train", "--text-file", str(tmp_path / "short.txt"), "--epochs", "2", "--json")
    assert (done.returncode, done.stderr) == (0, "")
    assert len(json.loads(done.stdout.splitlines()[-1])["prediction"]) == len("anana bandana")


def test_a_sample_cannot_steer_the_terminal(tmp_path: Path) -> None:
    (tmp_path / "steering.txt").write_text("\x1b[2J\x07abc" * 20, encoding="utf-8")
    done = rnnlab(*NUMPY, "--text-file", str(tmp_path / "steering.txt"), "--iterations", "100", "--units", "5")
    assert "�" in done.stdout
    assert not set(done.stdout) & {"\x1b", "\x07"}


FILES = {
    "nothing": (b"", "there is no text"),
    "only spaces": (b" \n \n", "there is no text"),
    "binary": (b"\x89PNG\0\0", "the file is no text, for it has NUL bytes; if it should be one, save it as UTF-8"),
    "UTF-16": ("hello".encode("utf-16"), "the file is in UTF-16; save it as UTF-8"),
    "Korean Windows": ("안녕\n하세요".encode("cp949"), "line 1 is not in UTF-8; save it as UTF-8"),
    "too large": (b"ab" * (5 * 2**19) + b"c", "the text has more than the 5 MB that are allowed"),
}


@pytest.mark.parametrize("kind", FILES)
@pytest.mark.parametrize("trainer", ["numpy", "keras"])
def test_a_bad_file_is_refused_in_one_line(kind: str, trainer: str, tmp_path: Path) -> None:
    content, problem = FILES[kind]
    (tmp_path / "bad.txt").write_bytes(content)
    done = rnnlab("train", "--trainer", trainer, "--text-file", str(tmp_path / "bad.txt"))
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == f"rnnlab: bad.txt: {problem}\n"


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ((*NUMPY,), "--trainer numpy needs a text: give --text-file, or --text"),
        ((*NUMPY, "--text", "abc", "--text-file", "f"), "--trainer numpy needs a text: give --text-file, or --text"),
        ((*NUMPY, "--text-file", "no/such.txt"), "cannot read or write no/such.txt: no such file or directory"),
        ((*NUMPY, "--text-file", "."), "cannot read or write .: is a directory"),
        ((*NUMPY, "--text", "a"), "the text must have 2 characters at least"),
        ((*NUMPY, "--text", "aaa"), "the text must have at least 2 different characters; this one has only 'a'"),
        ((*NUMPY, "--text", "abc", "--iterations", "0"), "iterations must be a whole number from 1 to 100,000,000"),
        ((*NUMPY, "--text", "abc", "--hidden", "2000"), "hidden size must be a whole number from 1 to 1,024"),
        ((*NUMPY, "--text", "abc", "--cell", "lstm"), "--cell is for Keras"),
        ((*NUMPY, "--text", "abc", "--layers", "2"), "--layers is for Keras"),
        ((*NUMPY, "--text", "abc", "--epochs", "2"), "--epochs is for Keras"),
        ((*NUMPY, "--text", "abc", "--optimizer", "adam"), "--optimizer is for Keras"),
        ((*NUMPY, "hihello", "--text", "abc"), "the task hihello is for Keras"),
        (("train", "--text", "abc", "--iterations", "5"), "--iterations is for --trainer numpy; Keras counts --epochs"),
        (("train", "--text", "abc", "--text-file", "f"), "give one task"),
        (("train", "--trainer", "jax", "--text", "abc"), "'keras', 'numpy'"),
    ],
)
def test_bad_arguments_are_refused_in_one_line(arguments: tuple[str, ...], sentence: str) -> None:
    done = rnnlab(*arguments)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.count("\n") == 1
    assert sentence in done.stderr


def test_a_file_too_long_for_keras_names_the_other_trainer(file: str) -> None:
    done = rnnlab("train", "--text-file", file)
    assert done.returncode == 2
    assert done.stderr == (
        "rnnlab: fox.txt has 879 characters; Keras trains on 3 to 200 of a text of your own, --trainer numpy on any number\n"
    )


def test_it_needs_no_tensorflow(file: str) -> None:
    code = "import sys; from rnnlab.cli import main; main(sys.argv[1:]); sys.exit('tensorflow' in sys.modules or 'keras' in sys.modules)"
    command = [sys.executable, "-c", code, *NUMPY, "--text-file", file, "--iterations", "1"]
    assert subprocess.run(command, capture_output=True, check=False).returncode == 0
