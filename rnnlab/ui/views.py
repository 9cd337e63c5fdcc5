"""Pieces of HTML that Streamlit has no element for. Whatever comes from a person is escaped here."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from html import escape
from itertools import groupby
from pathlib import Path

import streamlit as st

from rnnlab.architecture import Architecture, Form
from rnnlab.colours import MATRICES, Look
from rnnlab.counting import Count, LayerCount, Matrix, Term
from rnnlab.formulas import layer_formulas, shape_text
from rnnlab.plan import Kind, input_shape, plan
from rnnlab.texts import _
from rnnlab.ui import state

_STYLE = """<style>
[data-testid="stMain"]{overflow-y:scroll;scrollbar-gutter:stable}
[data-testid="stMainBlockContainer"]{padding-top:2.6rem;padding-bottom:4rem}
@media (min-width:1000px){[data-testid="stMainBlockContainer"]{padding-left:3rem;padding-right:3rem}}
[class*="st-key-cell-"] button{padding-left:.45rem;padding-right:.45rem}
.lab-title{display:flex;align-items:center;gap:.5rem;font-weight:600;font-size:1.05rem;line-height:1.3}
.lab-dot{width:.8rem;height:.8rem;border-radius:50%;background:var(--c);flex:none}
.lab-total{font-size:1.5rem;font-weight:600;line-height:1.2;font-variant-numeric:tabular-nums}
.lab-small{font-size:.82rem;opacity:.72}
.lab-ok{color:#0F9A78;font-weight:600}.lab-bad{color:#fff;background:#C62828;font-weight:700;padding:.1rem .5rem;border-radius:.3rem}
.lab-layer{padding:.55rem 0;border-top:1px solid rgba(128,128,128,.25)}
.lab-layer code{font-size:.82rem}
.lab-formula{font-family:"Source Code Pro",ui-monospace,monospace;font-size:.82rem;line-height:1.55;overflow-wrap:anywhere}
.lab-scroll{overflow-x:auto}
table.lab{border-collapse:collapse;font-size:.78rem;font-variant-numeric:tabular-nums;margin-top:.35rem;width:100%}
table.lab th,table.lab td{padding:.18rem .3rem;text-align:right;border:0;border-bottom:1px solid rgba(128,128,128,.18);white-space:nowrap}
table.lab-fit th,table.lab-fit td{white-space:normal}table.lab-fit th[colspan]{padding-top:.6rem;font-size:.85rem}
table.lab th{font-weight:600}table.lab td:first-child,table.lab th:first-child{text-align:left;padding-left:0}
table.lab .dim{opacity:.65;font-weight:400;font-size:.74rem;display:block}
.lab-chip{display:inline-block;width:.6rem;height:.6rem;border-radius:.15rem;background:var(--c);margin-right:.3rem}
.lab-text{display:flex;flex-wrap:wrap;gap:.25rem;margin:.1rem 0 .2rem}
.lab-char{min-width:1.75rem;padding:.1rem .25rem .15rem;text-align:center;border-radius:.35rem;font-family:"Source Code Pro",ui-monospace,monospace;font-size:1.1rem;line-height:1.4;border:2px solid transparent}
.lab-char small{display:block;font-size:.62rem;line-height:1.1;opacity:.8;font-variant-numeric:tabular-nums}
.lab-char.right{background:rgba(15,154,120,.2);border-color:rgba(15,154,120,.75)}
.lab-char.wrong{background:rgba(217,97,26,.12);border:2px dashed rgba(217,97,26,.85)}
.lab-text{align-items:flex-start}.lab-text+.lab-text{border-top:1px solid rgba(128,128,128,.18);padding-top:.4rem;margin-top:.4rem}.lab-facts i{opacity:.7}.lab-line{display:inline-block;width:1.8rem;height:3px;margin-right:.4rem;vertical-align:middle}.lab-before{font-size:1.1rem;padding:.2rem .2rem 0 0;overflow-wrap:anywhere}
.lab-text .lab-small{padding-top:.3rem}
img.lab-sample{width:3.2rem;height:3.2rem}img.lab-frame{width:2rem;height:2rem;display:block;margin:.1rem auto}
img.lab-sample,img.lab-frame{image-rendering:pixelated;border-radius:.25rem;border:1px solid rgba(128,128,128,.35)}
table.lab-confusion td,table.lab-confusion th{text-align:center;min-width:1.6rem}table.lab-confusion th:first-child{text-align:left}
.lab-long .lab-char{min-width:1.05rem;font-size:.85rem;padding:0 .1rem;border-width:1px}
.lab-written{display:block;font-family:"Source Code Pro",ui-monospace,monospace;font-size:.85rem;line-height:1.45;white-space:pre-wrap;word-break:break-all}
.lab-log{max-height:15.5rem;overflow-y:auto;font-size:.82rem;font-family:"Source Code Pro",ui-monospace,monospace}
.lab-log table{width:100%;border-collapse:collapse;font-variant-numeric:tabular-nums}
.lab-log th{position:sticky;top:0;text-align:left;font-weight:600;font-size:.72rem;opacity:.75;font-family:"Source Sans",sans-serif;backdrop-filter:blur(8px)}
.lab-log td{padding:.08rem .5rem .08rem 0;vertical-align:top}.lab-log td:last-child{overflow-wrap:anywhere}
.lab-log .x{text-decoration:underline wavy rgba(217,97,26,.9) 1.5px;text-underline-offset:3px;opacity:.75}
.lab-log .done{color:#0F9A78;font-weight:600}
.lab-facts{display:flex;flex-wrap:wrap;gap:.1rem 1rem;font-size:.85rem;font-variant-numeric:tabular-nums}
.lab-facts span{min-width:0}.lab-facts b{font-weight:600;overflow-wrap:anywhere}.lab-facts i{font-style:normal}.lab-facts.lines{flex-direction:column;font-size:1rem;gap:.15rem}.lab-facts.lines b{font-weight:400}.lab-facts.lines span{display:flex;gap:.6rem}.lab-facts.lines i{font-style:normal;opacity:.65;min-width:3.4rem}
.lab-matrices{display:flex;flex-wrap:wrap;gap:.25rem .9rem;margin:.3rem 0 .1rem;font-size:.85rem;align-items:center}
.lab-matrix{display:inline-block;padding:.05rem .45rem;border:2px solid rgba(128,128,128,.3);border-radius:.35rem;margin-left:.25rem}
.lab-matrix.look{border:2px dashed #D9611A;background:rgba(217,97,26,.14);font-weight:700}
.lab-op{display:flex;flex-wrap:wrap;align-items:center;gap:.5rem .55rem;container-type:inline-size;font-variant-numeric:tabular-nums;margin:.3rem 0}
.lab-term{display:flex;align-items:center;gap:.45rem;min-width:0;max-width:100%}
.lab-sign{font-size:1.15rem;font-family:"Source Serif",Georgia,serif;white-space:nowrap;margin-bottom:2.3rem}
.lab-grid{display:flex;flex-direction:column;align-items:center;gap:.2rem;min-width:0;font-size:clamp(9px,calc((100cqw - 2.6rem)/(var(--n)*2.85)),12.5px)}
.lab-grid small{font-size:.8rem;line-height:1.3;text-align:center;white-space:nowrap}.lab-grid small i{opacity:.7;font-style:normal;font-size:.72rem}
.lab-grid em{font-family:"Source Serif",Georgia,serif;font-size:.95rem}.lab-grid sub{font-size:.72em;line-height:0}.lab-grid code{font-size:.74rem;font-style:normal;background:none;padding:0;color:inherit}
.lab-blocks{display:flex;gap:.25em;max-width:100%;overflow-x:auto}
.lab-block{border:2px solid var(--c,rgba(128,128,128,.4));border-radius:.3rem;padding:1px}
.lab-block>b{display:block;font-size:.72rem;font-weight:600;text-align:center;color:#fff;background:var(--c);margin:-1px -1px 1px;line-height:1.4}
.lab-numbers{display:grid;gap:1px;grid-template-columns:var(--wide)}.lab-numbers .hand{outline:2px dashed #D9611A;outline-offset:-2px}.lab-numbers .near{display:none}.lab-numbers .near::before{content:"…"}.lab-numbers i{font-style:normal;text-align:center;line-height:1.75;border-radius:2px;min-width:2.75em}.lab-numbers .rest{min-width:1.1em;opacity:.7}
.lab-strips{display:flex;flex-direction:column;gap:3px;margin:.2rem 0}.lab-strips>div{display:flex;align-items:stretch;gap:.4rem}
.lab-strips b{flex:none;width:3.4rem;font-weight:600;font-size:.8rem;font-family:"Source Serif",Georgia,serif;align-self:center}
.lab-strips span{flex:1;min-width:0;display:flex}.lab-strips img{width:100%;height:2.1rem;image-rendering:pixelated;border:1px solid rgba(128,128,128,.35);border-radius:.2rem}
.lab-strips i{flex:1;min-width:0;text-align:center;font-style:normal;font-size:.8rem;font-family:"Source Code Pro",ui-monospace,monospace;overflow:hidden}
.lab-strips small{margin-left:3.8rem;font-size:.74rem;opacity:.72;font-variant-numeric:tabular-nums}.lab-strips .bars span{height:3.2rem;align-items:flex-end;gap:1px;border-bottom:1px solid rgba(128,128,128,.5)}.lab-strips .bars i{background:#7A8793;border-radius:2px 2px 0 0}
@container (max-width:25rem){.lab-grid{font-size:clamp(9px,calc((100cqw - 2.6rem)/(var(--m)*2.85)),12.5px)}.lab-numbers{grid-template-columns:var(--narrow)}.lab-numbers .far{display:none}.lab-numbers .near{display:block}}
@container (max-width:32rem){.lab-side{font-size:clamp(9px,calc((100cqw - 2.6rem)/(var(--n)*1.5)),12.5px)}.lab-side .lab-blocks{display:grid;grid-template-columns:auto auto}}
.lab-bar{height:.35rem;border-radius:.2rem;background:rgba(128,128,128,.22);overflow:hidden;margin:.3rem 0}
.lab-bar i{display:block;height:100%;background:var(--c,#3A7FD5)}
</style>"""

_PICTURES = Path(__file__).parent / "pictures"
ICON, LOGO = str(_PICTURES / "icon.svg"), str(_PICTURES / "logo.svg")


def style() -> None:
    """The style of all pieces below; once on each page."""
    st.html(_STYLE)


def heading(title: str, sentence: str) -> None:
    """How every page begins: its title, what it is for, and what of its link could not be taken."""
    state.require_door()
    st.title(title, anchor=False)
    st.markdown(sentence)
    if lines := "\n".join(f"- {plain(line)}" for line in state.dropped()):
        st.warning(_("Some of this link could not be taken as it stood:") + "\n\n" + lines, icon=":material/link_off:")


def plain(text: str) -> str:
    """Text that Markdown shows as it stands."""
    return "".join(f"\\{c}" if c in r"\`*_{}[]<>()#+-.!|~$:&" else c for c in text)


def sentence(error: ValueError) -> str:
    """What an error says, as a sentence that Markdown shows as it stands."""
    said = str(error)
    return plain(said[:1].upper() + said[1:].removesuffix(".") + ".")


def too_large(parameters: int, most: int) -> str:
    """Why a model is not computed on a page."""
    said = _("This model has {n:,} parameters. Up to {most:,} are computed on this page; choose a smaller hidden size to look inside.")  # fmt: skip
    return said.format(n=parameters, most=most)


def lane_title(look: Look) -> None:
    """The name of an architecture with its colour."""
    st.html(f'<div class="lab-title"><span class="lab-dot" style="--c:{look.colour}"></span>{escape(look.label)}</div>')


def legend(looks: Sequence[Look], note: str) -> None:
    """Which line is which, above charts that share it; and a note."""
    lines = "".join(f"<span>{_line(look)}{escape(look.label)}</span>" for look in looks)
    st.html(f'<div class="lab-facts">{lines}<span><i>{escape(note)}</i></span></div>')


def _line(look: Look) -> str:
    """A short line as the charts draw it: strokes and gaps by turns."""
    stops, at = [], 0
    for number, length in enumerate(look.dash):
        colour = "transparent" if number % 2 else look.colour
        stops.append(f"{colour} {at}px {at + length}px")
        at += length
    return f'<span class="lab-line" style="background:repeating-linear-gradient(90deg,{",".join(stops)})"></span>'


def total(parameters: int, note: str, check: str) -> None:
    """The parameter count of an architecture, with a note and the check against Keras (HTML from ``checked``)."""
    st.html(
        f'<div class="lab-total">{parameters:,}</div><div class="lab-small">{escape(_("parameters"))}'
        f" · {escape(note)}</div><div class='lab-small' style='opacity:1'>{check}</div>"
    )


def checked(ours: int, keras: int | None, waiting: str) -> str:
    """A tick where Keras counts the same, something loud where it does not."""
    if keras is None:
        return f'<span style="opacity:.7">{escape(waiting)}</span>'
    if keras == ours:
        return f'<span class="lab-ok">✓ {escape(_("Keras counts the same"))}</span>'
    return f'<span class="lab-bad">✗ {escape(_("Keras counts {count:,}").format(count=keras))}</span>'


def derivation(architecture: Architecture, form: Form, counted: Count, check: str) -> None:
    """The count of a model layer by layer: symbols, numbers, result, and the matrices gate by gate."""
    formulas = layer_formulas(counted.layers, architecture, form)
    parts = []
    for layer, formula in zip(counted.layers, formulas, strict=True):
        lines = [f'<b>{escape(layer.name)}</b> <span class="lab-small">{escape(shape_text(layer.output_shape))}</span>']
        if formula.symbols:
            lines.append(
                f'<div class="lab-formula">{escape(formula.symbols)}<br>= {escape(formula.numbers)}<br>= <b>{formula.result:,}</b></div>'
            )
            lines.append(_matrices(layer))
        else:
            lines.append(f'<div class="lab-small">{escape(_no_weights(layer.kind))}</div>')
        parts.append(f'<div class="lab-layer">{"".join(lines)}</div>')
    numbers = " + ".join(f"{layer.parameters:,}" for layer in counted.layers if layer.terms)
    parts.append(
        f'<div class="lab-layer"><b>{escape(_("Total"))}</b><div class="lab-formula">{numbers}<br>= <b>{counted.total:,}</b></div>{check}</div>'
    )
    st.html("".join(parts))


def _no_weights(kind: str) -> str:
    """What a layer without weights is for."""
    return {
        Kind.FLIP: _("No weights: it puts the steps back in order, first step first."),
        Kind.MASKING: _("No weights: it marks padding, which the layers after it pass over."),
        Kind.LAST_STEP: _("No weights: without a memory only the last step can be seen."),
        Kind.REPEAT: _("No weights: it hands the same vector on again at every step."),
    }[Kind(kind)]


def _matrices(layer: LayerCount) -> str:
    """A table of a layer's matrices: a row for each gate, a column for each matrix, sizes as the lectures write them."""
    gates = [(gate, list(terms)) for gate, terms in groupby(layer.terms, key=lambda term: term.gate)]
    head = "".join(_matrix_head(term) for term in gates[0][1])
    rows = []
    for gate, terms in gates:
        cells = "".join(f"<td>{term.rows * term.columns:,}</td>" for term in terms)
        name = _(str(gate)) if gate else _("all")
        rows.append(
            f"<tr><td>{escape(name)}</td>{cells}<td><b>{sum(t.rows * t.columns for t in terms):,}</b></td></tr>"
        )
    copies = layer.terms[0].copies
    note = ""
    if copies > 1:
        each = layer.parameters // copies
        note = _("one direction {each:,}, two directions 2 · {each:,} = {both:,}").format(
            each=each, both=layer.parameters
        )
        note = f'<div class="lab-small">{escape(note)}</div>'
    first = escape(_("gate")) if layer.terms[0].gate else ""
    return (
        f'<div class="lab-scroll"><table class="lab"><thead><tr><th>{first}</th>{head}<th>{escape(_("sum"))}</th></tr></thead>'
        f"<tbody>{''.join(rows)}</tbody></table></div>{note}"
    )


def _matrix_head(term: Term) -> str:
    biases = (Matrix.BIAS, Matrix.RECURRENT_BIAS, Matrix.OUTPUT_BIAS)
    size = f"{term.rows:,}" if term.matrix in biases else f"{term.rows:,}×{term.columns:,}"
    return f'<th><span class="lab-chip" style="--c:{MATRICES[term.matrix]}"></span>{escape(term.matrix)}<span class="dim">{size}</span></th>'


def facts(pairs: Sequence[tuple[str, str]], lines: bool = False) -> None:
    """Short facts, name and value, in a row or each on a line of its own."""
    inner = "".join(f"<span><i>{escape(name)}</i> <b>{escape(value)}</b></span>" for name, value in pairs)
    st.html(f'<div class="lab-facts{" lines" if lines else ""}">{inner}</div>')


def bar(share: float, colour: str) -> None:
    """How much of something is done."""
    percent = round(100 * min(max(share, 0.0), 1.0), 1)
    st.html(
        f'<div class="lab-bar" role="progressbar" aria-valuenow="{percent}"><i style="width:{percent}%;--c:{colour}"></i></div>'
    )


def shapes(architecture: Architecture, form: Form) -> None:
    """A table: every layer's output shape for one sample and for the batch."""
    size = input_shape(architecture, form)
    named = [(_("input"), (form.batch_size, *size)), *((layer.name, layer.shape) for layer in plan(architecture, form))]
    rows = "".join(
        f"<tr><td>{escape(name)}</td><td>{escape(shape_text(shape[1:]))}</td><td>{escape(shape_text(shape))}</td></tr>"
        for name, shape in named
    )
    head = f"<tr><th>{escape(_('layer'))}</th><th>{escape(_('one sample'))}</th><th>{escape(_('the batch'))}</th></tr>"
    st.html(f'<div class="lab-scroll"><table class="lab"><thead>{head}</thead><tbody>{rows}</tbody></table></div>')


def matrices(counted: Count, look: Collection[tuple[str, Matrix]]) -> None:
    """The matrices of every layer without their sizes; where a person should look, they are framed."""
    layers = []
    for layer in counted.layers:
        own = dict.fromkeys(term.matrix for term in layer.terms)
        boxes = "".join(_matrix_box(matrix, (layer.name, matrix) in look) for matrix in own)
        layers.append(f"<span>{escape(layer.name)}{boxes}</span>" if own else "")
    st.html(f'<div class="lab-matrices">{"".join(layers)}</div>')


def _matrix_box(matrix: Matrix, look: bool) -> str:
    hint = f' title="{escape(_("look here"))}"' if look else ""
    return f'<span class="lab-matrix{" look" if look else ""}"{hint}>{"☞ " if look else ""}{escape(matrix)}</span>'


def hint(title: str, lines: str) -> None:
    """A hint: a title and lines of formulas."""
    inner = "<br>".join(escape(line) for line in lines.splitlines())
    st.html(f'<div class="lab-layer"><b>{escape(title)}</b><div class="lab-formula">{inner}</div></div>')
