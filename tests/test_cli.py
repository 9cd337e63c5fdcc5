"""The command line as a person calls it: a process of its own, its output and its exit status."""

import json
import subprocess
import sys

import pytest


def rnnlab(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "rnnlab", *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=300)


F3 = ("summary", "--cell", "simple_rnn", "--units", "128", "--vocabulary", "5000", "--embedding", "100",
      "--timesteps", "30", "--outputs", "1")  # fmt: skip


def test_summary_prints_formulas_and_what_keras_counts() -> None:
    done = rnnlab(*F3)
    assert done.returncode == 0
    assert done.stderr == ""
    assert "= 5,000·100\n  = 500,000" in done.stdout
    assert "= 100·128 + 128·128 + 128\n  = 29,312" in done.stdout
    assert "Total: 529,441 parameters" in done.stdout
    assert "Keras counts 529,441: the same." in done.stdout
    assert "(None, 30, 100)" in done.stdout


def test_summary_as_json() -> None:
    told = json.loads(rnnlab(*F3, "--json").stdout)
    assert [(layer["name"], layer["parameters"]) for layer in told["layers"]] == [
        ("embedding", 500_000),
        ("simple_rnn", 29_312),
        ("dense", 129),
    ]
    assert told["total"] == told["keras_total"] == 529_441
    assert told["layers"][1]["output_shape"] == [None, 128]
    for layer in told["layers"]:
        assert layer["kind"]
        assert sum(term["parameters"] for term in layer["terms"]) == layer["parameters"]


def test_every_option_of_summary_is_heard() -> None:
    done = rnnlab(
        "summary", "--cell", "gru", "--units", "3", "--input-dim", "10", "--no-head", "--layers", "2", "--direction",
        "bidirectional", "--merge", "sum", "--return-sequences", "--batch-size", "8", "--timesteps", "2",
        "--no-reset-after", "--no-bias", "--no-keras", "--json",
    )  # fmt: skip
    told = json.loads(done.stdout)
    assert [layer["output_shape"] for layer in told["layers"]] == [[8, 2, 3], [8, 2, 3]]
    assert told["total"] == 2 * 3 * (10 * 3 + 3 * 3) + 2 * 3 * (3 * 3 + 3 * 3)
    assert "keras_total" not in told


def test_counting_without_keras_does_not_import_tensorflow() -> None:
    code = "import sys; from rnnlab.cli import main; main(sys.argv[1:]); sys.exit('tensorflow' in sys.modules or 'keras' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code, *F3, "--no-keras"], capture_output=True, text=True, check=False)
    assert done.returncode == 0
    assert "529,441" in done.stdout


@pytest.mark.parametrize(
    ("arguments", "allowed"),
    [
        ((), "COMMAND"),
        (("summary", "--cell", "rnn", "--vocabulary", "5"), "simple_rnn"),
        (("summary", "--cell", "gru", "--vocabulary", "5", "--units", "0"), "1 to 1,024"),
        (("summary", "--cell", "gru", "--vocabulary", "5", "--units", "many"), "invalid int value: 'many'"),
        (("summary", "--cell", "gru"), "--vocabulary"),
        (("summary", "--cell", "gru", "--vocabulary", "5", "--input-dim", "5"), "not allowed with"),
        (("summary", "--cell", "gru", "--input-dim", "5", "--embedding", "3"), "needs --vocabulary"),
        (("summary", "--cell", "lstm", "--units", "1024", "--vocabulary", "1000000"), "50,000,000"),
        (("train",), "hihello"),
        (("train", "goodbye"), "hihello"),
        (("train", "hihello", "--text", "abc"), "or --text"),
        (("train", "--text", "ab"), "3 to 200 characters"),
        (("train", "hihello", "--epochs", "0"), "1 to 5,000"),
        (("train", "hihello", "--learning-rate", "nan"), "0.00001 to 10"),
        (("train", "hihello", "--device", "tpu"), "gpu:0"),
        (("train", "hihello", "--device", "cpu:9"), "there is cpu"),
    ],
)
def test_bad_arguments_exit_2_with_one_line_that_says_what_is_allowed(arguments: tuple[str, ...], allowed: str) -> None:
    done = rnnlab(*arguments)
    assert done.returncode == 2
    assert done.stdout == ""
    assert done.stderr.count("\n") == 1
    assert allowed in done.stderr


def test_train_prints_a_json_line_an_epoch_and_one_at_the_end() -> None:
    command = ("train", "hihello", "--cell", "lstm", "--units", "5", "--epochs", "50", "--learning-rate", "0.1")
    done = rnnlab(*command, "--seed", "0", "--json")
    assert done.returncode == 0
    *epochs, last = map(json.loads, done.stdout.splitlines())
    assert [line["epoch"] for line in epochs] == list(range(1, 51))
    assert epochs[-1]["loss"] < 0.05 < epochs[0]["loss"]
    assert epochs[-1]["prediction"] == "ihello"
    assert (last["status"], last["prediction"]) == ("finished", "ihello")
    assert last["seconds"] > 0
    assert rnnlab(*command, "--seed", "0", "--json").stdout.splitlines()[:-1] == done.stdout.splitlines()[:-1]


def test_several_cells_train_side_by_side_on_a_text_of_ones_own() -> None:
    done = rnnlab("train", "--text", "나는 밥을", "--cell", "gru", "--cell", "simple_rnn", "--epochs", "60")
    assert done.returncode == 0
    assert done.stderr == ""
    lines = done.stdout.splitlines()
    assert [line.split(":")[0] for line in lines] == ["GRU 5", "SimpleRNN 5"]
    assert all("는 밥을" in line and "all epochs are done" in line for line in lines)


def test_lists() -> None:
    assert {"hihello", "hello", "long_sequence"} <= {line.split()[0] for line in rnnlab("tasks").stdout.splitlines()}
    assert rnnlab("devices").stdout.splitlines()[1].startswith("cpu")
    assert "summary" in rnnlab("--help").stdout
