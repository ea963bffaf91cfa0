"""What the pages draw and how they hear: Streamlit lives here and nowhere below."""
