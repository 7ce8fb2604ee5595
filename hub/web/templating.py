"""How does a page come out of a template: which names may templates use?"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

from markupsafe import Markup

from hub.web import formats
from hub.web.assets import asset

if TYPE_CHECKING:
    from jinja2 import Environment


def icon(name: str, css_class: str = "icon") -> Markup:
    """A picture from the sprite; decoration only, the words beside it say the same."""
    return Markup('<svg class="{}" aria-hidden="true"><use href="{}#{}"></use></svg>').format(
        css_class, asset("icons.svg"), name
    )


def badge(tone: str, picture: str, word: str) -> Markup:
    """A state as icon, word and colour."""
    return Markup('<span class="badge {}">{}{}</span>').format(tone, icon(picture), word)


@cache
def environment() -> Environment:
    """The templates of the hub's pages; made when the first page is asked for."""
    from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape

    made = Environment(
        loader=PackageLoader("hub.web"),
        autoescape=select_autoescape(default=True),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.globals.update(asset=asset, icon=icon, badge=badge)
    made.filters.update(
        number=formats.number,
        percent=formats.percent,
        moment=formats.moment,
        day=formats.day,
        ago=formats.ago,
        span=formats.span,
    )
    return made


def render(template: str, **values: Any) -> str:
    """The text of `template` filled with `values`."""
    return environment().get_template(template).render(**values)
