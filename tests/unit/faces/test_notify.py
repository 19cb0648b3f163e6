"""What a log wrote is inert in a chat and an e-mail."""

import pytest

from readback.faces.notify import harmless

URL = "http://host:8501"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("<!channel> pay", "‹!channel› pay"),
        ("@everyone", "＠everyone"),
        ("see https://evil.example/x", "see https:∕∕evil.example/x"),
        ("[click](javascript:x)", "[click] (javascript:x)"),
        ("`code`", "ʼcodeʼ"),
        ("\x1b[31mred\x1b[0m\u202e", "red"),
        ("<script>alert(1)</script>", "‹script›alert(1)‹/script›"),
    ],
)
def test_mentions_links_and_markup_are_inert(text: str, shown: str) -> None:
    assert harmless(text) == shown


def test_only_a_line_that_is_a_link_to_the_dashboard_stays_one() -> None:
    assert harmless(f"{URL}/decisions?workflow=a", URL) == f"{URL}/decisions?workflow=a"
    assert "://" not in harmless(f"go to {URL}/decisions", URL)
    assert "://" not in harmless("http://host:85010/decisions", URL)
    assert "://" not in harmless(f"{URL}/decisions")
