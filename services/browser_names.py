"""What a User-Agent header says, as far as it can be believed."""

import re

from services.language import gettext as _

# In this order: most browsers also name those whose pages they want to be given.
_BROWSERS = (
    ("Edg(?:e|A|iOS)?/", "Edge"),
    ("OPR/|Opera", "Opera"),
    ("SamsungBrowser/", "Samsung Internet"),
    ("Vivaldi/", "Vivaldi"),
    ("Firefox/|FxiOS/", "Firefox"),
    ("CriOS/|HeadlessChrome/|Chrome/|Chromium/", "Chrome"),
    ("Version/.*Safari/", "Safari"),
    ("Trident/|MSIE ", "Internet Explorer"),
    ("curl/", "curl"),
)
_SYSTEMS = (
    ("Windows", "Windows"),
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Android", "Android"),
    ("CrOS", "ChromeOS"),
    ("Mac OS X|Macintosh", "Mac"),
    ("Linux|X11", "Linux"),
)


def name(user_agent: str) -> str:
    """ "Firefox on Windows": what a User-Agent header says, as far as it can be believed."""
    browser = _first(_BROWSERS, user_agent)
    system = _first(_SYSTEMS, user_agent)
    if browser and system:
        return _("%(browser)s on %(system)s", browser=browser, system=system)
    return browser or (_("A browser on %(system)s", system=system) if system else _("An unknown browser"))


def family(user_agent: str) -> str:
    """ "Firefox": the same over versions and systems; "" for an unknown one."""
    return _first(_BROWSERS, user_agent)


def _first(table: tuple[tuple[str, str], ...], user_agent: str) -> str:
    return next((label for pattern, label in table if re.search(pattern, user_agent)), "")
