"""The door of rnnlab: ``streamlit run dashboard.py``.

Everything stands under the guard, imports included: the engine's workers are new processes that read this file again.
"""

if __name__ == "__main__":
    import streamlit as st

    from rnnlab.texts import _
    from rnnlab.ui import live, state, views

    st.set_page_config(page_title="rnnlab", page_icon=views.ICON, layout="wide", initial_sidebar_state=240)
    st.logo(views.LOGO, icon_image=views.ICON, size="large")
    st.set_option("client.showSidebarNavigation", True)  # see .streamlit/config.toml
    page = st.navigation(
        [
            st.Page("pages/architectures.py", title=_("Architectures"), icon=":material/account_tree:", default=True),
            st.Page("pages/train.py", title=_("Train"), icon=":material/directions_run:"),
            st.Page("pages/inside.py", title=_("Inside the cell"), icon=":material/biotech:"),
            st.Page("pages/sequences.py", title=_("Sequences"), icon=":material/segment:"),
            st.Page("pages/gradients.py", title=_("Gradients"), icon=":material/trending_down:"),
            st.Page("pages/text_lab.py", title=_("Text lab"), icon=":material/auto_stories:"),
            st.Page("pages/quiz.py", title=_("Quiz"), icon=":material/quiz:"),
        ]
    )
    state.open_address()
    views.style()
    with st.sidebar:
        live.engine_status()
    page.run()
    state.write_address()
    live.settle()
