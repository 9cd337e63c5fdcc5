"""How texts are drawn: colours, small pictures, words; and that a text stays text."""

import base64
import io
import json

import numpy as np
import pytest
from PIL import Image

from rnnlab import text_drawing
from rnnlab.architecture import Cell
from rnnlab.corpora import Corpus, Source
from rnnlab.textlab.causal import Clamp, hold_unit
from rnnlab.textlab.holding import compare
from rnnlab.textlab.writer import Choosing, Writer
from tests.text_runs import experiment, model

EVIL = "<script>alert('x')</script>"
EVIL_CORPUS = Corpus(Source.OWN, own=(EVIL + " & more\n") * 40)


class TestColours:
    def test_tanh_goes_from_blue_over_nothing_to_red(self):
        scale = text_drawing.scale_of("h", np.array([0.5]))
        assert scale.colour(-1.0) == "#2F6DD5B0"
        assert scale.colour(0.0).endswith("00")
        assert scale.colour(1.0) == "#D63A36B0"
        assert scale.colour(5.0) == scale.colour(1.0)
        assert scale.colour(float("nan")) == ""

    @pytest.mark.parametrize("kind", list("ifozr"))
    def test_gates_go_from_nothing_to_their_own_colour(self, kind):
        scale = text_drawing.scale_of(kind, np.array([0.5]))
        assert (scale.low, scale.high) == (0.0, 1.0)
        assert scale.colour(0.5)[-2:] == "58"

    def test_c_goes_as_far_as_the_unit_does(self):
        assert text_drawing.scale_of("c", np.array([0.3, -0.2])).high == 1.0
        assert text_drawing.scale_of("c", np.array([0.3, -6.2])).high == 7.0
        assert text_drawing.scale_of("h", np.array([0.3, -6.2])).high == 1.0

    def test_stretched_it_goes_from_the_lowest_to_the_highest(self):
        values = np.array([-5.0, -4.5, -4.0])
        scale = text_drawing.scale_of("c", values, stretched=True)
        assert [scale.colour(value) for value in values] == ["#2F6DD5B0", "#D63A3600", "#D63A36B0"]
        still = text_drawing.scale_of("h", np.full(3, 0.25), stretched=True)
        assert still.colour(0.25).endswith("00")

    def test_what_is_unlikely_is_strong(self):
        of = experiment()
        written = Writer(model(of), of.corpus.vocabulary).write("the ", 50)
        shown = text_drawing.written(written, "#3A7FD5")
        strength = [int(colour[-2:], 16) for colour in shown.colours[1:]]
        assert shown.colours[0] == ""
        assert np.corrcoef(strength, written.probabilities[1:])[0, 1] < -0.99


class TestWritten:
    def test_what_was_given_and_forced_is_marked(self):
        of = experiment()
        writer = Writer(model(of), of.corpus.vocabulary)
        forced = writer.forced(writer.write("the ", 20), 10, 3)
        assert text_drawing.written(forced, "#3A7FD5").marks == (1,) * 4 + (0,) * 6 + (2,) + (0,) * 13

    def test_what_is_forced_in_the_prompt_is_marked_as_such(self):
        of = experiment()
        writer = Writer(model(of), of.corpus.vocabulary)
        forced = writer.forced(writer.write("the old", 10), 3, 3)
        assert text_drawing.written(forced, "#3A7FD5").marks == (1, 1, 1, 2) + (0,) * 13

    def test_every_position_has_its_ten_likeliest_and_what_stands_there(self):
        of = experiment()
        written = Writer(model(of), of.corpus.vocabulary).write("the ", 20, Choosing(2.0))
        shown = text_drawing.written(written, "#3A7FD5")
        assert shown.alternatives[0] == []
        assert {len(rows) for rows in shown.alternatives[1:]} == {10, 11}
        for own, rows in zip(written.tokens[1:], shown.alternatives[1:], strict=True):
            assert own in [row[0] for row in rows]
        assert shown.alternatives[7] == [
            [one.token, pytest.approx(one.probability, rel=1e-3), pytest.approx(one.chance, rel=1e-3)]
            for one in written.alternatives(7)
        ]
        json.dumps(shown, allow_nan=False)


class TestSmallPictures:
    def test_there_is_a_point_for_every_character(self):
        text = "ab\ncd" + "e" * text_drawing.COLUMNS
        values = np.zeros((len(text), 17), np.float32)
        values[:, 16] = np.linspace(-1, 1, len(text))
        small = text_drawing.small(text, values, "h")
        assert (small.across, small.down, small.rows) == (16, 2, 3)
        image = Image.open(io.BytesIO(base64.b64decode(small.image.split(",")[1]))).convert("RGBA")
        points = np.asarray(image)
        assert points.shape == (2 * 3, 16 * text_drawing.COLUMNS, 4)
        own = points[3:, : text_drawing.COLUMNS]
        assert own[0, 0, 2] > own[0, 0, 0], "the lowest is blue"
        assert own[2, 1, 0] > own[2, 1, 2], "the highest is red"
        assert [(own[row, :, 3] > 0).sum() for row in range(3)] == [3, text_drawing.COLUMNS, 2]

    def test_a_long_passage_is_cut(self):
        text = "\n" * 500
        small = text_drawing.small(text, np.ones((500, 2), np.float32), "c")
        assert small.rows == text_drawing.ROWS


class TestTextStaysText:
    def test_in_the_table_of_effects(self):
        of = experiment(corpus=EVIL_CORPUS)
        tokens = of.corpus.held_out.astype(np.intp)
        watched = (of.corpus.vocabulary.index("<"),)
        tested = hold_unit(model(of), tokens, (tokens == tokens[0]).astype(np.float32), Clamp(0, "h", 1), watched)
        html = text_drawing.effects(tested, EVIL, of.corpus.vocabulary)
        assert "<script" not in html
        assert "p of &lt;" in html
        assert " of 6</td>" in html
        assert 'data-head="rank"' in html and 'data-head="p of &lt;"' in html  # which a narrow screen shows

    def test_in_a_legend(self):
        html = text_drawing.key(EVIL, EVIL, "red", EVIL)
        assert "<script" not in html and html.count("&lt;script&gt;") == 3

    def test_characters_are_handed_over_as_they_are(self):
        shown = text_drawing.read(EVIL, np.zeros(len(EVIL)), text_drawing.scale_of("h", np.zeros(1)))
        assert "".join(shown.text) == EVIL

    def test_the_browser_is_never_given_html(self):
        from rnnlab.ui import text_characters, text_units

        scripts = text_characters._JS + text_units._UNITS_JS + text_units._TABLE_JS
        for word in ("innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval("):
            assert word not in scripts


def test_a_feature_is_marked_also_where_it_holds_all_along():
    values, scale = np.zeros(4), text_drawing.scale_of("h", np.zeros(1))
    assert text_drawing.read("abcd", values, scale, np.ones(4)).marks == (1, 1, 1, 1)
    assert text_drawing.read("abcd", values, scale, np.zeros(4)).marks == (0, 0, 0, 0)
    assert text_drawing.read("abcd", values, scale, np.array([0, 1, 1, 0])).marks == (0, 1, 1, 0)
    assert text_drawing.read("abcd", values, scale, np.array([0, 1, 2, 3])).marks == (0, 0, 1, 1)


@pytest.mark.parametrize(
    ("share", "words"),
    [(1.0, "100 %"), (0.87, "87 %"), (0.042, "4.2 %"), (0.0042, "0.42 %"), (1e-6, "< 0.01 %"), (0.0, "0 %")],
)
def test_probabilities_are_written_as_people_write_them(share, words):
    assert text_drawing.percent(share) == words


def test_what_a_held_unit_changes_is_drawn():
    of = experiment(Cell.GRU)
    tokens = of.corpus.held_out[:60].astype(np.intp)
    found = compare(model(of), tokens, 10, Clamp(0, "h", 2, 1.0))
    shown = text_drawing.compared(found, of.corpus.vocabulary, (0, 5))
    assert len(shown.text) == len(shown.colours) == 50
    for rows in shown.alternatives:
        assert {0, 5} <= {row[0] for row in rows} and len(rows) == 8
    rises = [n for n, loss in enumerate(found.losses) if loss > 0.02]
    assert rises and all(shown.colours[n].startswith("#D63A36") for n in rises)


class TestWhatItComesTo:
    """A unit that is held, made up: by how much the loss rises inside and outside, and for another unit inside."""

    def said(self, inside, outside, others):
        of = experiment()
        tokens = of.corpus.held_out[:100].astype(np.intp)
        tested = hold_unit(model(of), tokens, (tokens > 5).astype(np.float32), Clamp(0, "h", 1), others=3)

        def part(rise):
            return tested.effect.inside._replace(loss=tested.effect.inside.loss._replace(before=1.0, after=1.0 + rise))

        effect = tested.effect._replace(inside=part(inside), outside=part(outside))
        rest = tuple(other._replace(inside=part(others)) for other in tested.others)
        return text_drawing.effects_said(tested._replace(effect=effect, others=rest))

    def test_it_is_needed_there(self):
        assert "the model depends on it there" in self.said(0.5, 0.1, 0.2)

    def test_it_is_needed_everywhere(self):
        assert "for more than this feature" in self.said(0.5, 0.6, 0.2)

    def test_others_are_needed_more(self):
        assert "Other units do as much harm" in self.said(0.5, 0.1, 0.7)

    def test_it_is_not_needed(self):
        assert "does not need it there" in self.said(-0.1, 0.1, 0.7)


def test_the_legend_of_several_architectures_has_a_band_of_each_colour():
    one = "linear-gradient(90deg,#00000000,#000000B0) 0 0%/100% 100% no-repeat"
    assert text_drawing.bands(["#000000"]) == one
    assert text_drawing.bands(["#111111", "#222222"]) == (
        "linear-gradient(90deg,#11111100,#111111B0) 0 0%/100% 50% no-repeat,"
        "linear-gradient(90deg,#22222200,#222222B0) 0 100%/100% 50% no-repeat"
    )
