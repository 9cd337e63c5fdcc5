"""What is read of held-out text at a measurement: where it lies, and that nothing is said before it was led up to."""

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from rnnlab.corpora import Corpus, Source
from rnnlab.textlab import measuring
from rnnlab.textlab.measuring import HeldOut
from rnnlab.textlab.ngrams import baselines


@given(st.integers(1, 8_000), st.integers(1, 8_000))
@example(1, 1)
@example(100_000, 800_000)
def test_every_stretch_is_led_up_to_and_each_of_its_characters_is_said_once(held_out: int, more: int) -> None:
    learned = held_out + more
    text = np.arange(learned + held_out, dtype=np.int32)
    found = HeldOut(text, learned)
    inputs = np.concatenate([chunk.inputs for chunk in found.chunks])  # (L, B)
    targets = np.concatenate([chunk.targets for chunk in found.chunks])
    assert (targets == inputs + 1).all()
    assert (np.diff(inputs, axis=0) == 1).all()
    said = np.concatenate([chunk.targets for chunk in found.chunks[1:]])
    assert (said.ravel() == found.places).all()
    assert len(set(found.places.tolist())) == len(found.places)
    assert learned <= found.places.min() <= found.places.max() < len(text)
    assert len(found.places) > held_out / 2 or len(found.places) == 32 * 8 * 128


def test_of_a_long_text_the_stretches_lie_all_over_what_is_held_out() -> None:
    found = HeldOut(np.arange(1_000_000, dtype=np.int32), 900_000)
    first = found.chunks[1].targets[0]
    assert first[0] == 900_000
    assert (np.diff(first) == 100_000 // 32).all()


def test_strings_end_with_what_is_to_be_said() -> None:
    found = HeldOut(np.arange(500, dtype=np.int32), 450)
    strings = found.strings(3)
    assert strings[:, -1].tolist() == found.places.tolist()
    assert (np.diff(strings) == 1).all()


def test_the_lines_are_those_of_the_places_that_are_measured() -> None:
    corpus = Corpus(Source.OWN, own="".join(f"the {n} of {n * n} said “no” to {n + 7};\n" for n in range(1, 25)))
    everything = len(corpus.held_out)  # a text as short as this is measured from one end to the other
    assert len(measuring.held_out(corpus).places) == everything
    strings = np.stack([corpus.numbers[end - 2 : end + 1] for end in range(len(corpus.training), len(corpus.numbers))])
    expected = [line.nats for line in baselines(corpus.training, strings, len(corpus.vocabulary))]
    assert [line.nats for line in measuring.lines(corpus)] == pytest.approx(expected)
