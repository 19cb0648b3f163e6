"""Public holidays of a country or a part of it, by the library `holidays`. Which ones matter says `readback.toml`."""

from collections.abc import Iterable, Mapping
from datetime import date


def public_holidays(country: str, subdivision: str | None, years: Iterable[int]) -> Mapping[date, str]:
    """Name of every public holiday in some years, in English where the library knows it.

    Raises:
        ValueError: the country (ISO 3166-1) or its part (ISO 3166-2) is not known.

    >>> public_holidays("DE", "BY", [2026])[date(2026, 1, 6)]
    'Epiphany'
    """
    # Half a second and five megabytes that only a project with a country needs.
    import holidays

    known = holidays.list_supported_countries()
    if country not in known:
        raise ValueError(f"unknown country {country!r}; expected two letters of ISO 3166-1, such as 'DE'")
    if subdivision is not None and subdivision not in known[country]:
        parts = ", ".join(known[country]) or "none"
        raise ValueError(f"unknown subdivision {subdivision!r} of {country}; expected one of: {parts}")
    found = holidays.country_holidays(country, subdiv=subdivision, years=years, language="en_US")
    return {day: str(name) for day, name in sorted(found.items())}
