"""Check my code: pasted Keras code, counted layer by layer without running it."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from rnnlab.formulas import shape_text
from rnnlab.quiz.code import MOST_CHARACTERS, Reading, read
from rnnlab.texts import _
from rnnlab.ui import state, views

_EXAMPLE = """from keras import Sequential
from keras.layers import Input, Embedding, SimpleRNN, Dense

model = Sequential([
    Input(shape=(30,)),
    Embedding(5000, 100),
    SimpleRNN(128),
    Dense(1, activation="sigmoid"),
])
"""


def check_my_code() -> None:
    """A field for code, and what was read in it."""
    st.markdown(
        _(
            "Paste a model: Sequential, model.add, or functional with one input. The code is read, never run; what cannot be read is named by its line."
        )
    )
    code = st.text_area(
        _("Keras code"), _EXAMPLE, height=260, max_chars=MOST_CHARACTERS, key=state.key("quiz-code"),
    )  # fmt: skip
    st.button(_("Count it"), icon=":material/calculate:", type="primary")
    if code.strip():
        _shown(read(code))


def _shown(reading: Reading) -> None:
    for problem in reading.problems:
        st.warning(f"{_('Line')} {problem.line}: {views.plain(problem.sentence)}", icon=":material/code_off:")
    if reading.layers:
        rows = [
            {
                _("line"): layer.line,
                _("layer"): layer.text,
                _("output shape"): shape_text(layer.output_shape) if layer.output_shape is not None else "?",
                _("formula"): layer.formula,
                _("parameters"): layer.parameters,
            }
            for layer in reading.layers
        ]
        number = st.column_config.NumberColumn(format="localized")
        st.dataframe(pd.DataFrame(rows), hide_index=True, column_config={_("parameters"): number})
    if reading.total is not None:
        st.success(_("Total: **{total:,}** parameters.").format(total=reading.total), icon=":material/functions:")
