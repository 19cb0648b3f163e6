"""Texts from logs lose what a terminal or Markdown would act on."""

from faces_project import HOSTILE
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from readback.faces import inert


@given(st.text(max_size=400))
def test_plain_text_is_one_line_of_visible_characters(text: str) -> None:
    shown = inert.plain(text)
    assert len(shown) <= 300
    assert not any(ord(char) < 32 or char in "\x7f\x9b\u202e\u200b" for char in shown)


def test_long_text_is_cut_with_an_ellipsis() -> None:
    assert inert.plain("x" * 50, 10) == "x" * 9 + "…"


def test_markdown_finds_no_image_link_or_html() -> None:
    html = MarkdownIt("commonmark", {"html": True, "linkify": False}).render(inert.markdown(HOSTILE))
    assert "<img" not in html
    assert "<script" not in html
    assert "<a " not in html
