"""The command line as a person calls it: a process of its own, its output and its exit status."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from rnnlab.tasks import TASKS


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


def test_every_pattern_is_counted_as_keras_counts() -> None:
    done = rnnlab(
        "summary", "--cell", "gru", "--units", "4", "--vocabulary", "12", "--embedding", "3", "--timesteps", "5",
        "--pattern", "encoder_decoder", "--output-steps", "2", "--outputs", "11", "--json",
    )  # fmt: skip
    told = json.loads(done.stdout)
    assert [(layer["name"], layer["output_shape"], layer["parameters"]) for layer in told["layers"]] == [
        ("embedding", [None, 5, 3], 36),
        ("encoder", [None, 4], 108),
        ("repeat_vector", [None, 2, 4], 0),
        ("decoder", [None, 2, 4], 120),
        ("dense", [None, 2, 11], 55),
    ]
    assert told["total"] == told["keras_total"] == 319
    plain = rnnlab(
        "summary", "--cell", "dense", "--units", "3", "--input-dim", "64", "--pattern", "one_to_one", "--no-keras"
    )
    assert "d·Dₕ + Dₕ\n  = 64·3 + 3\n  = 195" in plain.stdout
    assert "Total: 199 parameters" in plain.stdout


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
        (("train", "labelled"), "bring a file with labelled texts first"),
        (("train", "--labelled", "no/such.csv"), "cannot read or write no/such.csv"),
        (("train", "hihello", "--labelled", "reviews.csv"), "or --labelled"),
        (("train", "hihello", "--delay", "9"), "the task hihello has no option delay"),
        (("train", "copy", "--delay", "4"), "5 to 200"),
        (("train", "copy", "--by", "words"), "the task copy has no option by"),
        (("train", "hihello", "--batch-size", "0"), "1 to 65,536"),
        (("summary", "--cell", "gru", "--vocabulary", "5", "--pattern", "two_to_two"), "encoder_decoder"),
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
    assert [line.split(":")[0] for line in lines] == ["GRU 10", "SimpleRNN 10"]
    assert all("는 밥을" in line and "all epochs are done" in line for line in lines)


def test_a_task_with_samples_held_out_tells_how_much_of_them_is_right() -> None:
    command = ("train", "digit", "--cell", "dense", "--units", "8", "--epochs", "2", "--seed", "1")
    done = rnnlab(*command, "--json")
    assert (done.returncode, done.stderr) == (0, "")
    *epochs, last = map(json.loads, done.stdout.splitlines())
    assert [line["epoch"] for line in epochs] == [1, 2]
    measured = {"loss", "metric", "held_out_loss", "held_out"}
    assert all(set(line) == {"architecture", "epoch", "prediction"} | measured for line in epochs)
    assert epochs[1]["held_out_loss"] < epochs[0]["held_out_loss"]
    assert epochs[1]["prediction"] == last["prediction"] in set("0123456789")
    (line,) = rnnlab(*command).stdout.splitlines()
    assert f"loss {epochs[1]['loss']:.4f}, accuracy {epochs[1]['held_out']:.1%}, not learned yet" in line
    assert "“" not in line


def test_a_task_opens_with_its_own_sizes_and_settings() -> None:
    done = rnnlab("train", "addition", "--epochs", "1", "--json")
    assert done.returncode == 0
    assert json.loads(done.stdout.splitlines()[0])["architecture"] == "LSTM 64"


def test_the_delay_and_the_size_of_a_batch_are_heard() -> None:
    command = ("train", "copy", "--cell", "gru", "--units", "3", "--epochs", "1", "--json")
    lines = [rnnlab(*command, *more).stdout.splitlines()[0] for more in (("--delay", "5"), ("--delay", "6"))]
    batched = rnnlab(*command, "--delay", "5", "--batch-size", "1000").stdout.splitlines()[0]
    losses = {json.loads(line)["loss"] for line in (*lines, batched)}
    assert len(losses) == 3


def labelled(path: Path, rows: list[tuple[str, str]]) -> str:
    path.write_text("text,label\n" + "".join(f"{text},{label}\n" for text, label in rows), encoding="utf-8")
    return str(path)


def test_labelled_texts_of_ones_own_are_learned(tmp_path: Path) -> None:
    rows = [
        (f"{word} 영화 {number}", label)
        for number in range(20)
        for word, label in (("좋은", "긍정"), ("지루한", "부정"))
    ]
    command = (
        "train",
        "--labelled",
        labelled(tmp_path / "reviews.csv", rows),
        "--cell",
        "gru",
        "--epochs",
        "2",
        "--json",
    )
    for by in ("characters", "words"):
        done = rnnlab(*command, "--by", by)
        assert (done.returncode, done.stderr) == (0, "")
        *epochs, last = map(json.loads, done.stdout.splitlines())
        assert len(epochs) == 2
        assert all(0 <= line["held_out"] <= 1 for line in epochs)
        assert last["status"] == "finished"
        assert last["prediction"] in {"긍정", "부정"}


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"a,b\n1,2\n", "bad.csv: the first row must name the columns text and label"),
        (b"text,label\nhello,greeting\n", "bad.csv: the table has 1 different texts; at least 20 are needed"),
        (b"\x00\xff", "bad.csv: the file is no text"),
        (b"", "bad.csv: the first row must name the columns text and label"),
    ],
)
def test_a_bad_file_of_labelled_texts_is_refused_in_one_line(tmp_path: Path, content: bytes, sentence: str) -> None:
    (tmp_path / "bad.csv").write_bytes(content)
    done = rnnlab("train", "--labelled", str(tmp_path / "bad.csv"))
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.count("\n") == 1
    assert done.stderr.startswith(f"rnnlab: {sentence}")


def test_lists() -> None:
    listed = rnnlab("tasks").stdout.splitlines()
    named, stories = listed[::2], listed[1::2]
    assert [line.split()[0] for line in named] == list(TASKS)
    assert [story.strip() for story in stories] == [known.story for known in TASKS.values()]
    assert {"own --text …", "copy --delay …", "labelled --labelled … --by …"} <= set(named)
    assert rnnlab("devices").stdout.splitlines()[1].startswith("cpu")
    assert "summary" in rnnlab("--help").stdout
