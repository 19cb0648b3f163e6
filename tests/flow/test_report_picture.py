"""The picture in docs/report.md is what the report looks like. Delete the file and run this test to make it anew."""

from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path

import faces_project
import numpy as np
import pypdfium2
from faces_project import SNAPSHOT
from PIL import Image

from readback import store
from readback.faces import report
from readback.faces.brand import Look
from readback.faces.period import Period
from readback.metrics import definitions
from readback.settings import Note

_PICTURE = Path(__file__).parents[2] / "docs" / "images" / "report.png"
_LOGO = b"""<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 40 40"><circle cx="20" cy="20" r="19" fill="#1f4e79"/>
<path d="M11 28V12l18 16V12" fill="none" stroke="#fff" stroke-width="4"/></svg>"""
_NOTES = (
    Note(at=datetime(2026, 8, 20, 8, tzinfo=UTC), text="Gateway 3 in all regions"),
    Note(at=datetime(2026, 10, 12, 8, tzinfo=UTC), text="Release 4.2 of the claims desk"),
)
_TARGETS = {"fallback_frequency": 0.05, "recovery_time_median_s": 1800.0, "rework_rate": 0.07, "override_rate": 0.13}


def test_picture_of_the_docs_shows_the_two_pages(tmp_path: Path) -> None:
    drawn = _drawn(tmp_path)
    if not _PICTURE.exists():
        _PICTURE.parent.mkdir(exist_ok=True)
        drawn.save(_PICTURE, optimize=True)
    shown = Image.open(_PICTURE)
    assert shown.size == drawn.size
    difference = np.abs(np.asarray(shown.convert("L"), float) - np.asarray(drawn.convert("L"), float))
    assert difference.mean() < 1


def _drawn(folder: Path) -> Image.Image:
    with store.reader(faces_project.build(folder)) as con:
        about = report.subject(
            con,
            Period.month("2026-10"),
            definitions=definitions(),
            targets=_TARGETS,
            look=Look("Northwind Claims", "#1f4e79", "#c8102e", _LOGO, "svg"),
            snapshot=SNAPSHOT,
            own_notes=_NOTES,
        )
        document = pypdfium2.PdfDocument(BytesIO(report.render(report.view_of(about), about, "pdf")))
    pages = [document[number].render(scale=1.15).to_pil() for number in (0, 1)]
    both = Image.new("RGB", (2 * pages[0].width + 12, pages[0].height), "#a0a8b2")
    for place, page in enumerate(pages):
        both.paste(page, (place * (page.width + 12), 0))
    return both.quantize(200, method=Image.Quantize.FASTOCTREE)
