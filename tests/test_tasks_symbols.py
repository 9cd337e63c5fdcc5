"""Long distances, tagging and addition: every answer is worked out again in another way."""

from collections import Counter
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rnnlab.tasks import addition, distance, tagging
from rnnlab.tasks.addition import READ, WRITTEN
from rnnlab.tasks.distance import LETTERS, VOCABULARY
from rnnlab.tasks.drawn import Mark, Said
from rnnlab.tasks.tagging import BRACKETS, CHARACTERS, QUOTES, inside
from rnnlab.tasks.task import Metric, score

(TAGGING,), (ADDITION,) = tagging.TASKS, addition.TASKS
COPY, ADDING = distance.TASKS
ALL = [TAGGING, ADDITION, COPY, ADDING]


def marks(drawn):
    return [piece.mark for piece in drawn.pieces]


def says(drawn):
    return [piece.text for piece in drawn.pieces]


@pytest.mark.parametrize("task", ALL, ids=lambda task: task.name)
def test_samples_have_the_form_of_the_task_and_come_in_whole_batches(task):
    data = task.data(3)
    step = () if task.form.tokens else (task.form.input_dim,)
    kind = np.int32 if task.form.tokens else np.float32
    outputs = (task.form.steps_out if task.pattern.many_outputs else 1,)
    for inputs, targets in (data.train, data.held_out):
        assert len(inputs) == len(targets) > 0
        assert inputs.shape[1:] == (task.form.timesteps, *step)
        assert targets.shape[1:] == outputs
        assert inputs.dtype == kind
        assert targets.dtype == (np.float32 if task.metric is Metric.NEAR else np.int32)
        assert inputs.min() >= 0
        if task.form.tokens:
            assert (inputs.max(), targets.max()) == (task.form.input_dim - 1, task.form.outputs - 1)
    assert len(data.train.inputs) % task.defaults.batch_size == 0
    assert data.hard is None


@pytest.mark.parametrize("task", ALL, ids=lambda task: task.name)
def test_a_seed_always_gives_the_same_samples_and_another_seed_others(task):
    first, again, other = (arrays for seed in (5, 5, 6) for arrays in [task.data(seed)])
    for part in ("train", "held_out"):
        for one, same, different in zip(getattr(first, part), getattr(again, part), getattr(other, part), strict=True):
            assert np.array_equal(one, same)
            assert not np.array_equal(one, different)


@pytest.mark.parametrize("task", ALL, ids=lambda task: task.name)
def test_no_held_out_sample_is_practised(task):
    data = task.data(0)
    practised = {sample.tobytes() for sample in data.train.inputs}
    assert len(data.held_out.inputs) >= 400
    assert not any(sample.tobytes() in practised for sample in data.held_out.inputs)


# --- tagging


def found_by_search(line):
    """The places inside, looking from each opening mark for the one that closes it."""
    places, place = set(), 0
    while place < len(line):
        closing = {"(": ")", '"': '"'}.get(line[place])
        end = line.find(closing, place + 1) if closing else -1
        places |= set(range(place + 1, end))
        place = max(place, end) + 1
    return places


def guesses(opens, closes, timesteps=18):
    """How often "outside" is right, and how often the best guess of who knows every chance, but not the future."""
    open_now, outside, best = 0.0, 0.0, 0.0
    for step in range(timesteps):
        still_open = open_now * (1 - closes)
        never_closed = (1 - closes) ** (timesteps - 1 - step)
        outside += (1 - still_open) + still_open * never_closed
        best += (1 - still_open) + still_open * max(never_closed, 1 - never_closed)
        open_now = still_open + (1 - open_now) * opens
    return np.array([outside, best]) / timesteps


def line_of(tokens):
    return "".join(CHARACTERS[token] for token in tokens)


@pytest.mark.parametrize(
    ("line", "tags"),
    [
        ("a(bc)d", "..##.."),
        ("a(bcd", "....."),
        ("ab)c(d)", ".....#."),
        ('"ab"c"d', ".##...."),
        ("(a(b)c)", ".###..."),
        ('(a"b)"', ".###.."),
        ('(a"b"', "...#."),
        ('"(a)', "..#."),
        ('()""', "...."),
        ("", ""),
    ],
)
def test_only_what_is_closed_later_encloses(line, tags):
    assert "".join(".#"[tag] for tag in inside(line)) == tags


@given(st.text(CHARACTERS, max_size=30))
def test_tags_are_those_that_a_search_for_closing_marks_finds(line):
    assert {place for place, tag in enumerate(inside(line)) if tag} == found_by_search(line)


def test_every_line_is_tagged_rightly_and_has_marks_of_one_kind():
    unclosed, kinds = 0, Counter()
    for inputs, targets in TAGGING.data(1)[:2]:
        for tokens, tags in zip(inputs, targets.tolist(), strict=True):
            line = line_of(tokens)
            places = found_by_search(line)
            assert {place for place, tag in enumerate(tags) if tag} == places
            kinds['"' in line, "(" in line or ")" in line] += 1
            unclosed += line.count('"') % 2 == 1 or line.rfind("(") > line.rfind(")")
    assert kinds[True, True] == 0
    assert min(kinds[True, False], kinds[False, True]) > 700
    assert unclosed > 1000  # of 2,000


def test_the_shares_that_the_story_tells_are_those_of_the_lines():
    outside, best = (guesses(BRACKETS["("], BRACKETS[")"]) + guesses(QUOTES['"'], QUOTES['"'])) / 2
    assert f"{100 * outside:.0f} times in 100" in TAGGING.without_memory()
    assert f"{100 * best:.0f} times in 100" in TAGGING.story
    assert 1 - np.mean([TAGGING.data(seed).train.targets for seed in range(8)]) == pytest.approx(outside, abs=0.01)


def test_a_tagged_line_is_drawn_with_what_is_inside_shaded():
    inputs = TAGGING.give("a (b").inputs
    said = Said(np.zeros(18, int), np.full(18, 0.75))
    said.predicted[3] = 1
    drawn = TAGGING.draw(inputs, np.zeros(18, np.int32), said)
    assert says(drawn) == ["a", "␣", "(", "b", *"␣" * 14]
    assert [piece.shade for piece in drawn.pieces] == [0, 0, 0, 0.6, *[0] * 14]
    assert marks(drawn) == [Mark.RIGHT] * 3 + [Mark.WRONG] + [Mark.RIGHT] * 14
    assert drawn.pieces[3].title == "“b” lies inside: wrong, it lies outside, 75.0%"
    assert drawn.pieces[0].title == "“a” lies outside: right, 75.0%"
    plain = TAGGING.draw(inputs, None, said)
    assert set(marks(plain)) == {Mark.PLAIN}
    assert plain.pieces[3].title == "“b” lies inside, 75.0%"


def test_an_own_line_is_filled_up_with_spaces():
    assert line_of(TAGGING.give('fa "b" ').inputs) == 'fa "b"'.ljust(18)
    assert len(TAGGING.give("a" * 18).inputs) == 18
    assert TAGGING.give(TAGGING.example).remark == ""
    assert "never both" in TAGGING.give('(a) "b"').remark


@pytest.mark.parametrize(
    ("line", "sentence"),
    [
        ("", "type 1 to 18 characters; these are 0"),
        ("a" * 19, "type 1 to 18 characters; these are 19"),
        ("gab [G]", 'this model knows only the characters abcdef␣()", not g[G]'),
        ("a\tb", 'this model knows only the characters abcdef␣()", not \t'),
    ],
)
def test_an_own_line_that_cannot_be_read_is_refused(line, sentence):
    with pytest.raises(ValueError) as error:
        TAGGING.give(line)
    assert str(error.value) == sentence


# --- addition


def sum_of(tokens):
    """The two numbers that these tokens spell."""
    first, second = "".join(READ[token] for token in tokens).rstrip(READ[0]).split("+")
    return int(first), int(second)


def written(text):
    return np.array([WRITTEN.index(character) for character in text])


def drawn_sum(question, said, target=None):
    return ADDITION.draw(ADDITION.give(question).inputs, target, Said(written(said), np.full(3, 0.9)))


def test_every_sum_is_right_and_padded_behind_its_end():
    for inputs, targets in ADDITION.data(1)[:2]:
        for tokens, result in zip(inputs, targets, strict=True):
            first, second = sum_of(tokens)
            length = np.count_nonzero(tokens)
            assert (tokens[:length] > 0).all()
            assert length == len(f"{first}+{second}")
            assert "".join(WRITTEN[number] for number in result) == f"{first + second:∎<3}"


def test_every_pair_is_there_once_and_a_sum_turned_round_is_on_the_same_side():
    train, held_out = ([sum_of(tokens) for tokens in arrays.inputs] for arrays in ADDITION.data(2)[:2])
    assert (len(train), len(held_out)) == (9_000, 1_000)
    assert sorted(train + held_out) == [(first, second) for first in range(100) for second in range(100)]
    assert {(second, first) for first, second in held_out} == set(held_out)
    assert set(train).isdisjoint((second, first) for first, second in held_out)


@pytest.mark.parametrize(
    ("question", "said", "texts", "right", "after"),
    [
        ("27+58", "85∎", "85", "11", ""),
        ("99+44", "143", "143", "111", ""),
        ("0+0", "0∎∎", "0", "1", ""),
        ("27+58", "75∎", "75", "01", "it is 85"),
        ("27+58", "855", "855", "110", "it is 85"),
        ("99+44", "14∎", "14∎", "110", "it is 143"),
        ("27+58", "∎85", "∎", "0", "it is 85"),
        ("3+4", "7∎9", "7", "1", ""),
    ],
)
def test_a_result_is_drawn_up_to_its_end_and_marked_digit_by_digit(question, said, texts, right, after):
    drawn = drawn_sum(question, said)
    assert drawn.before == f"{question} ="
    assert "".join(says(drawn)) == texts
    assert marks(drawn) == [Mark.RIGHT if digit == "1" else Mark.WRONG for digit in right]
    assert drawn.after == after
    target = written(f"{sum(map(int, question.split('+'))):∎<3}")
    assert drawn_sum(question, said, target) == drawn


@given(st.integers(0, 99), st.integers(0, 99), st.sampled_from(["{}+{}", " {} + {}  ", "{:02}+{:02}", "{} +{}"]))
def test_an_own_sum_is_read_as_it_is_written_in_training(first, second, written_as):
    tokens = ADDITION.give(written_as.format(first, second)).inputs
    assert tokens.shape == (5,)
    assert tokens.dtype == np.int32
    assert sum_of(tokens) == (first, second)


@pytest.mark.parametrize(
    "line", ["", "27", "27+", "+58", "27-58", "100+1", "2 7+58", "1+2+3", "-1+2", "1.5+2", "２+３", "27+58=85"]
)
def test_what_is_no_sum_is_refused(line):
    with pytest.raises(ValueError) as error:
        ADDITION.give(line)
    wanted = "type two whole numbers from 0 to 99 with a + between them, as in 27+58"
    assert str(error.value) == f"{wanted}, not “{line}”"


# --- copy


@pytest.mark.parametrize("delay", [5, 60, 200])
def test_the_letter_behind_the_mark_is_asked_for_after_the_delay(delay):
    copy = distance.Copy("copy", "", "", delay)
    assert copy.form.timesteps == delay + 3
    assert copy.chosen() == {"delay": delay}
    places = []
    for inputs, targets in copy.data(1)[:2]:
        for tokens, (target,) in zip(inputs.tolist(), targets.tolist(), strict=True):
            line = "".join(VOCABULARY[token] for token in tokens)
            assert len(line) == delay + 3
            before, behind = line.split("!")
            assert behind.index("?") == len(behind) - 1 >= 1
            assert behind[0] == LETTERS[target]
            places.append(len(before))
    assert set(places[:-500]) == set(range(delay + 1))
    assert set(places[-500:]) == {0}


def test_every_letter_is_asked_for_about_equally_often():
    for targets in (COPY.data(0).train.targets, COPY.data(0).held_out.targets):
        shares = np.bincount(targets[:, 0], minlength=8) / len(targets)
        assert shares == pytest.approx(np.full(8, 1 / 8), abs=0.05)


def test_a_copied_letter_is_drawn_behind_what_was_asked():
    data = distance.Copy("copy", "", "", 40).data(0).held_out
    inputs, target = data.inputs[0], data.targets[0]
    wrong = (target + 1) % len(LETTERS)
    right, missed, plain = (
        COPY.draw(inputs, expected, Said(said, np.array([0.5])))
        for expected, said in ((target, target), (target, wrong), (None, target))
    )
    letter = LETTERS[target[0]]
    assert right.before == missed.before == plain.before == f"{letter} · 40 steps · ?"
    assert [says(drawn) for drawn in (right, missed, plain)] == [[letter], [LETTERS[wrong[0]]], [letter]]
    assert [marks(drawn) for drawn in (right, missed, plain)] == [[Mark.RIGHT], [Mark.WRONG], [Mark.PLAIN]]
    assert [drawn.after for drawn in (right, missed, plain)] == ["", f"it is “{letter}”", ""]


# --- adding


@pytest.mark.parametrize("delay", [5, 40, 200])
def test_two_numbers_are_marked_one_in_each_half_and_their_sum_is_asked_for(delay):
    adding = distance.Adding("adding", "", "", delay)
    assert adding.form == replace(ADDING.form, timesteps=delay)
    for inputs, targets in adding.data(1)[:2]:
        assert inputs.shape[1:] == (delay, 2)
        assert inputs[..., 0].max() < 1
        for steps, (target,) in zip(inputs, targets, strict=True):
            first, second = (place for place, (_number, marked) in enumerate(steps) if marked)
            assert first < delay // 2 <= second
            assert target == pytest.approx(float(steps[first, 0]) + float(steps[second, 0]), abs=1e-6)
            assert set(steps[:, 1]) == {0, 1}


def test_always_saying_1_is_near_enough_as_often_as_the_story_tells():
    targets = np.concatenate([ADDING.data(seed).train.targets for seed in range(4)])
    share = score(Metric.NEAR, np.zeros(targets.shape, int), np.ones(targets.shape), targets)
    assert share == pytest.approx(1 - 0.96**2, abs=0.01)  # by hand: the sum of two such numbers is nearest to 1
    assert f"{100 * (1 - 0.96**2):.0f} times in 100" in ADDING.story


@pytest.mark.parametrize("error", [-0.5, -0.05, -0.03, 0, 0.03, 0.05])
def test_a_sum_is_drawn_right_where_the_score_counts_it(error):
    data = ADDING.data(0).held_out
    inputs, target = data.inputs[0], data.targets[0]
    said = target + error
    near = score(ADDING.metric, np.zeros((1, 1), int), said[np.newaxis], target[np.newaxis]) == 1
    drawn = ADDING.draw(inputs, target, Said(np.zeros(1, int), said))
    first, second = (number for number, marked in inputs if marked)
    assert drawn.before == f"{first:.2f} + {second:.2f} ="
    assert says(drawn) == [f"{said[0]:.2f}"]
    assert marks(drawn) == [Mark.RIGHT if near else Mark.WRONG]
    assert drawn.after == ("" if near else f"it is {target[0]:.2f}")
    assert marks(ADDING.draw(inputs, None, Said(np.zeros(1, int), said))) == [Mark.PLAIN]


@pytest.mark.parametrize("kind", [distance.Copy, distance.Adding])
@pytest.mark.parametrize("delay", [4, 201, 7.5, "40", True])
def test_a_delay_out_of_range_is_refused(kind, delay):
    with pytest.raises(ValueError, match="delay must be a whole number from 5 to 200, not"):
        kind("name", "", "", delay)


@pytest.mark.parametrize("task", [COPY, ADDING], ids=lambda task: task.name)
def test_who_takes_no_input_of_a_persons_own_says_so(task):
    with pytest.raises(ValueError, match=f"the task {task.name} takes no input of your own"):
        task.give("a")
