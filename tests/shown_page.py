"""A page of the dashboard run without a browser, opened by its address."""

from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from readback import shipped


def page(name: str, folder: Path | None, **query: str) -> AppTest:
    """A page after its first run, opened by its address through the entry point."""
    test = AppTest.from_file(shipped.dashboards() / "app.py", default_timeout=90)
    if name != "this_week":
        test.switch_page(f"views/{name}.py")
    for key, value in query.items():
        test.query_params[key] = value
    with pytest.MonkeyPatch.context() as environment:
        environment.delenv("READBACK_PROJECT", raising=False)
        if folder is not None:
            environment.setenv("READBACK_PROJECT", str(folder))
        return test.run()


def text(test: AppTest) -> str:
    return "\n".join([element.value for element in (*test.title, *test.markdown, *test.caption)])
