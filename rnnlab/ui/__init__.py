"""What pages share: state, controls, live views, texts. With the pages, the only importer of Streamlit."""
