"""Page "Quiz": count parameters, and learn from the slips."""

from rnnlab.texts import _
from rnnlab.ui import fields, quiz_class_views, quiz_code_views, quiz_exam_views, quiz_views, state, views

views.heading(
    _("Quiz"),
    _("How many parameters? Count on paper, type what you get. A wrong number tells which slip leads to it."),
)
PARTS = {
    "": (_("Practise"), quiz_views.practise),
    "code": (_("Check my code"), quiz_code_views.check_my_code),
    "class": (_("For a class"), quiz_class_views.for_a_class),
}
if state.exam() or state.bank():
    quiz_exam_views.sheet()
else:
    before = state.part() if state.part() in PARTS else ""
    part = fields.choose(_("Part"), state.key("part"), list(PARTS), before, lambda p: PARTS[p][0], labelled=False)
    state.set_part(part)
    PARTS[part][1]()
