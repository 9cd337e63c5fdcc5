"""The view "Cells" of the text lab, run as Streamlit runs it but without a browser; the weights are made."""

import json

import numpy as np
import pytest

from rnnlab.architecture import Cell
from rnnlab.corpora import Corpus, Source
from rnnlab.history import Status
from rnnlab.text_drawing import scale_of
from rnnlab.textlab import passages, search
from rnnlab.textlab.features import FEATURES
from rnnlab.textlab.readings import read
from rnnlab.ui import text_units
from tests.text_runs import CORPUS, experiment, labelled, model, opened, run, said


def script():
    import streamlit as st

    from rnnlab.ui import state, text_cells_views

    state.open_address()
    text_cells_views.cells(st.session_state["run"])


def drawn(at, part):
    """What the browser gets to draw: texts ("colours"), pictures ("image") or tables ("bar")."""
    found = [json.loads(one.proto.json) for one in at.get("bidi_component")]
    return [one for one in found if part in one]


def first_passage(corpus=CORPUS, length=1000):
    return passages.part_of(corpus, passages.held_out(corpus).low, length)


def colours(of, passage, kind, layer, unit):
    """The colours that a passage must have, made from a reading of its own."""
    found = read(model(of, 3), passage.tokens(of.corpus.vocabulary), (kind,)).of(layer, kind, unit)
    values = passage.shown(found)
    return list(map(scale_of(kind, values).colour, values.tolist()))


@pytest.fixture
def of():
    return experiment(layers=2)


@pytest.fixture
def at(tmp_path, of):
    return opened(script, run(tmp_path, of))


class TestColouring:
    def test_held_out_text_by_one_unit(self, of, at):
        shown = drawn(at, "colours")[0]
        passage = first_passage()
        assert "".join(shown["text"]) == passage.text
        assert shown["colours"] == colours(of, passage, "h", 1, 0)

    def test_layer_value_and_unit_can_be_chosen(self, of, at):
        labelled(at.pills, "Layer").set_value(0).run()
        labelled(at.pills, "Value").set_value("f").run()
        labelled(at.number_input, "Unit").set_value(4).run()
        assert not at.exception
        assert drawn(at, "colours")[0]["colours"] == colours(of, first_passage(), "f", 0, 4)
        assert "the forget gate" in drawn_html(at)

    @pytest.mark.parametrize("cell", [Cell.SIMPLE_RNN, Cell.GRU])
    def test_every_value_of_every_cell(self, tmp_path, cell):
        of = experiment(cell)
        at = opened(script, run(tmp_path, of))
        for kind in labelled(at.pills, "Value").options:
            labelled(at.pills, "Value").set_value(kind).run()
            assert not at.exception
            assert drawn(at, "colours")[0]["colours"] == colours(of, first_passage(), kind, 0, 0)

    def test_text_that_was_learned_from(self, at):
        labelled(at.pills, "It reads").set_value(text_passage().From.LEARNED).run()
        labelled(at.selectbox, "Characters").set_value(300).run()
        assert "".join(drawn(at, "colours")[0]["text"]) == CORPUS.text[:300]

    def test_a_passage_of_my_own(self, of, at):
        labelled(at.pills, "It reads").set_value(text_passage().From.TYPED).run()
        labelled(at.text_area, "Type or paste").set_value('the cook said "go now"').run()
        shown = drawn(at, "colours")[0]
        assert "".join(shown["text"]) == 'the cook said "go now"'
        assert shown["colours"] == colours(of, passages.typed(CORPUS, 'the cook said "go now"'), "h", 1, 0)

    def test_unknown_characters_lose_nothing(self, at):
        labelled(at.pills, "It reads").set_value(text_passage().From.TYPED).run()
        before = drawn(at, "colours")[0]["text"]
        labelled(at.text_area, "Type or paste").set_value("<script>").run()
        assert not at.exception
        assert "never read" in at.warning[0].value
        assert drawn(at, "colours")[0]["text"] == before

    def test_every_unit_has_a_small_picture(self, at):
        pictures = drawn(at, "image")[0]
        assert pictures["count"] == 6 and pictures["image"].startswith("data:image/png;base64,")

    def test_colours_can_be_stretched(self, at):
        before, pictures = drawn(at, "colours")[0]["colours"], drawn(at, "image")[0]["image"]
        labelled(at.toggle, "Stretch").set_value(True).run()
        assert not at.exception
        after = drawn(at, "colours")[0]["colours"]
        assert after != before and {"#2F6DD5B0", "#D63A36B0"} <= set(after)
        assert drawn(at, "image")[0]["image"] != pictures

    def test_a_feature_is_marked(self, at):
        labelled(at.selectbox, "Mark beneath").set_value("quotes").run()
        passage = first_passage()
        expected = passage.shown(FEATURES["quotes"].values(passage.lead + passage.text)) > 0
        assert drawn(at, "colours")[0]["marks"] == expected.astype(int).tolist()
        labelled(at.selectbox, "Mark beneath").set_value("digit").run()
        assert "“a digit” never occurs" in said(at)


class TestSearch:
    @pytest.fixture
    def searched(self, at):
        labelled(at.button, "Search").click().run()
        assert not at.exception
        return at

    def test_the_best_unit_for_each_feature(self, searched):
        rows = drawn(searched, "bar")[0]["rows"]
        shares = [row["share"] for row in rows]
        assert shares == sorted(shares, reverse=True) and len(rows) > 5
        assert {len(row["cells"]) for row in rows} == {6}

    def test_how_much_was_tried_and_what_is_not_there(self, searched):
        words = said(searched)
        assert "12 units × h, c ×" in words and "held-out text" in words
        assert "never occurs in this passage" in words and "a digit" in words

    def test_units_for_one_feature(self, searched):
        labelled(searched.selectbox, "Show").set_value("quotes").run()
        rows = drawn(searched, "bar")[0]["rows"]
        assert len(rows) == 10 and {row["cells"][0] for row in rows} == {"inside quotation marks"}

    def test_other_weights_are_searched_anew(self, searched):
        labelled(searched.slider, "Weights").set_value(1).run()
        assert labelled(searched.button, "Search") and not drawn(searched, "bar")

    def test_a_click_shows_the_unit_with_its_feature(self, of, searched, monkeypatch):
        place = next(n for n, row in enumerate(drawn(searched, "bar")[0]["rows"]) if row["cells"][0] == "a vowel")
        cells = drawn(searched, "bar")[0]["rows"][place]["cells"]
        draw = text_units.rows

        def clicked(name, heads, found, bar, chosen, on_row):
            import streamlit as st

            if st.session_state.pop("click", None):
                on_row(place)
                st.rerun()  # a click is dealt with before the page is drawn
            draw(name, heads, found, bar, chosen, on_row)

        monkeypatch.setattr(text_units, "rows", clicked)
        searched.session_state["click"] = True
        searched.run()
        layer, kind, unit = cells[1].removeprefix("layer ").replace(",", "").split()
        shown = drawn(searched, "colours")[0]
        assert shown["colours"] == colours(of, first_passage(), kind, int(layer) - 1, int(unit))
        assert sum(shown["marks"]) > 50
        assert drawn(searched, "bar")[0]["chosen"] == place

    def test_a_short_text_says_that_it_is_too_short(self, tmp_path):
        corpus = Corpus(Source.OWN, own='he said "go" and went.\n' * 300)
        at = opened(script, run(tmp_path, experiment(corpus=corpus)))
        labelled(at.button, "Search").click().run()
        assert not at.exception
        assert "to tell a finding from chance" in said(at).lower()

    def test_verdicts(self):
        match = search.Match("quotes", 0, "h", 1, 0.8, 1, 0.0002)
        assert search.verdict(match) == "a finding"
        assert search.verdict(match._replace(score=0.1)) == "real, but weak"
        assert search.verdict(match._replace(p=0.2)) == "may be chance"
        assert (search.p_value(0.0002), search.p_value(0.0123)) == ("< 0.001", "0.012")


class TestHolding:
    @pytest.fixture
    def held(self, at):
        labelled(at.selectbox, "Mark beneath").set_value("quotes").run()
        labelled(at.pills, "Hold the unit").set_value("1").run()
        assert not at.exception
        return at

    def test_the_change_at_every_character(self, held):
        coloured, changed = drawn(held, "colours")
        assert changed["text"] == coloured["text"] and changed["colours"] != coloured["colours"]
        quote = CORPUS.vocabulary.index('"')
        assert all(quote in {row[0] for row in rows} for rows in changed["alternatives"]), "the closing mark is watched"
        assert changed["at"] is not None, "the cursor is where it matters most"
        assert changed["force"] == ""

    def test_beside_other_units(self, held):
        labelled(held.button, "Compare with other units").click().run()
        assert not held.exception
        html = drawn_html(held)
        assert "where it holds: inside quotation marks" in html and " of 6</td>" in html and "p of &quot;" in html

    def test_nothing_is_held_at_first(self, at):
        assert len(drawn(at, "colours")) == 1

    def test_gates_cannot_be_held(self, at):
        labelled(at.pills, "Value").set_value("i").run()
        assert "A gate cannot be held" in said(at)

    def test_characters_that_the_text_does_not_have_are_left_out(self, held):
        labelled(held.text_input, "Watch").set_value('"€').run()
        assert not held.exception
        assert "'€'" in said(held)


class TestWithoutWeights:
    def test_before_the_first_measurement(self, tmp_path, of):
        at = opened(script, run(tmp_path, of, measurements=0, status=Status.RUNNING))
        assert "The weights come with the first measurement." in said(at).replace("\\", "")

    def test_an_architecture_that_learns_no_texts_is_not_offered(self, tmp_path):
        at = opened(script, run(tmp_path, experiment(Cell.DENSE), experiment(Cell.GRU)))
        assert not [one for one in at.pills if one.label == "Look into"]
        assert np.isfinite(drawn(at, "image")[0]["count"])


def text_passage():
    """The module as the script has it."""
    from rnnlab.ui import text_passage as module

    return module


def drawn_html(at):
    return "\n".join(one.proto.body for one in at.get("html"))
