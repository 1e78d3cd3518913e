import streamlit as st

from charts import draw

st.set_page_config(page_title="Sales")
st.title("Sales")
draw()
