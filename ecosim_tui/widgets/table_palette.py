"""The colours of live tables: the theme's, resolved to what a terminal is told."""

from collections.abc import Mapping
from dataclasses import dataclass

from rich.style import Style as RichStyle
from textual.style import Style

from ecosim_tui.widgets.table_rows import Tone

_TONES = {
    Tone.NORMAL: "",
    Tone.MUTED: "$foreground-muted",
    Tone.GOOD: "$text-success",
    Tone.WARN: "$text-warning",
    Tone.BAD: "$text-error",
    Tone.ACCENT: "$text-primary",
}


@dataclass(frozen=True, slots=True)
class Palette:
    """The styles of a table: of its rows by tone, under the cursor with and without the keys, and of what is around."""

    plain: Mapping[Tone, RichStyle]
    cursor: Mapping[Tone, RichStyle]
    cursor_blurred: Mapping[Tone, RichStyle]
    header: RichStyle
    header_sorted: RichStyle
    footer: RichStyle
    empty: RichStyle


def themed() -> Palette:
    """The palette of the theme that the running application has.

    Not component classes: each would be matched against the whole sheet whenever a table is shown or gets the keys.
    """
    ground = Style.parse("$foreground on $surface")
    bar = ground + Style.parse("on $panel")
    return Palette(
        plain=_tones(ground),
        cursor=_tones(ground + Style.parse("bold on $primary-muted")),
        cursor_blurred=_tones(ground + Style.parse("bold on $foreground 8%")),
        header=(bar + Style.parse("bold")).rich_style,
        header_sorted=(bar + Style.parse("bold $text-primary")).rich_style,
        footer=bar.rich_style,
        empty=(ground + Style.parse("$foreground-muted")).rich_style,
    )


def _tones(style: Style) -> dict[Tone, RichStyle]:
    return {tone: (style + Style.parse(text)).rich_style for tone, text in _TONES.items()}
