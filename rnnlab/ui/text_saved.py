"""Runs of the text lab as files: what was written and the whole run to take home, and a saved run to take up again."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import streamlit as st

from rnnlab import saved
from rnnlab.engine import TextRun
from rnnlab.engine.runs import saved_lanes
from rnnlab.text_timeline import as_text
from rnnlab.texts import _
from rnnlab.ui import live, state, views
from rnnlab.ui.text_story import Racing

if TYPE_CHECKING:
    from streamlit.runtime.uploaded_file_manager import UploadedFile

#: Megabytes that a file of a saved run may have.
MOST_MEGABYTES = 200


def take_home(run: TextRun, racing: list[Racing]) -> None:
    """The run and all that was written in it, as files."""
    first = run.experiments[0].corpus.source

    def written() -> str:
        return "\n".join(as_text(one.lane.experiment, one.lane.history, one.look.label) for one in racing)

    with st.container(horizontal=True, gap="small"):
        st.download_button(
            _("Save this run (.zip)"), lambda: saved.to_file(saved_lanes(run)), f"rnnlab-{first}.zip", "application/zip",
            icon=":material/save:", on_click="ignore", key="text-save",
            help=_("Text, settings, weights and history: load it again here, or go on with it in a terminal."),
        )  # fmt: skip
        st.download_button(
            _("All texts that were written (.txt)"), written, "rnnlab-samples.txt", "text/plain",
            icon=":material/description:", on_click="ignore", key="text-samples",
        )  # fmt: skip


def load(take: Callable[[TextRun], None]) -> None:
    """Take up a run that was saved; ``take`` gets it once."""
    with st.popover(_("Load a run"), icon=":material/folder_open:", width="content"):
        label = _("A run that was saved here or by the terminal, up to {most} MB").format(most=MOST_MEGABYTES)
        file = st.file_uploader(label, key=state.key("text-load"), max_upload_size=MOST_MEGABYTES)
        if file is None:
            return
        read = state.kept("text runs read", dict[str, str])  # what is wrong with each; it stays where it was uploaded
        if file.file_id not in read:
            read[file.file_id] = _opened(file, take)
            if not read[file.file_id]:
                st.rerun()
        if problem := read[file.file_id]:
            st.warning(problem, icon=":material/edit:")


def _opened(file: UploadedFile, take: Callable[[TextRun], None]) -> str:
    """Take the run in this file up; what is wrong with it, empty where nothing is."""
    try:
        lanes = saved.from_file(file.getvalue())
    except ValueError as error:
        return views.sentence(error)
    take(live.engine().open(lanes, state.browser()))
    return ""
