"""How a report looks: name, colours and logo of the project, checked before anything is drawn with them."""

import base64
from dataclasses import dataclass
from xml.parsers import expat

from readback.errors import SettingsError
from readback.settings import SETTINGS_FILE, Project

_MOST_BYTES = 1_000_000
_PNG = b"\x89PNG\r\n\x1a\n"


@dataclass(frozen=True)
class Look:
    """What a report carries of its owner."""

    name: str = "readback"
    primary: str = "#0072b2"
    accent: str = "#e08a00"
    logo: bytes | None = None
    logo_format: str = ""

    @property
    def ink(self) -> str:
        """The primary colour where it can be read on white (WCAG 2, 4.5:1), else that of text."""
        return self.primary if _contrast_on_white(self.primary) >= 4.5 else "#1b2430"

    @property
    def logo_address(self) -> str:
        """The logo as an address that a page holds in itself; empty where there is none."""
        if self.logo is None:
            return ""
        kind = {"svg": "image/svg+xml", "png": "image/png"}[self.logo_format]
        return f"data:{kind};base64,{base64.b64encode(self.logo).decode()}"


def look(project: Project) -> Look:
    """The look of a project's reports.

    Raises:
        SettingsError: the logo is not there, too large, or neither PNG nor SVG.
    """
    brand = project.settings.brand
    name = brand.name or project.settings.project.name
    if brand.logo is None:
        return Look(name, brand.primary, brand.accent)
    content = _read(project, brand.logo)
    return Look(name, brand.primary, brand.accent, content, _kind(project, brand.logo, content))


def _read(project: Project, logo: str) -> bytes:
    try:
        content = (project.root / logo).read_bytes()
    except OSError as error:
        raise _wrong(project, f"cannot read {logo}: {error.strerror}") from None
    if len(content) > _MOST_BYTES:
        raise _wrong(project, f"{logo} is larger than 1 MB; give a smaller PNG or SVG file")
    return content


def _kind(project: Project, logo: str, content: bytes) -> str:
    if content.startswith(_PNG):
        return "png"
    if _is_svg(content):
        return "svg"
    raise _wrong(project, f"{logo} is neither a PNG nor an SVG file; give one of these")


def _is_svg(content: bytes) -> bool:
    roots: list[str] = []
    parser = expat.ParserCreate()
    parser.StartElementHandler = lambda name, _: roots.append(name)
    parser.EntityDeclHandler = lambda *_: roots.append("entity")
    try:
        parser.Parse(content, True)
    except expat.ExpatError:
        return False
    return roots[:1] in (["svg"], ["svg:svg"])


def _wrong(project: Project, told: str) -> SettingsError:
    return SettingsError(told, file=project.root / SETTINGS_FILE, key="brand.logo")


def _contrast_on_white(color: str) -> float:
    linear = [_linear(int(color[place : place + 2], 16) / 255) for place in (1, 3, 5)]
    return 1.05 / (0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2] + 0.05)


def _linear(part: float) -> float:
    return part / 12.92 if part <= 0.04045 else float(((part + 0.055) / 1.055) ** 2.4)
