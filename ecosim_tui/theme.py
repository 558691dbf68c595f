"""Colours: two themes that stay apart for colour-blind eyes (blue against orange, never red against green)."""

from textual.theme import Theme

DARK = Theme(
    name="ecosim-dark",
    dark=True,
    primary="#4fa3d9",
    secondary="#8f9fd6",
    accent="#e0b040",
    success="#3fb58f",
    warning="#e69f00",
    error="#f0703c",
    foreground="#d8dee6",
    background="#101418",
    surface="#151a20",
    panel="#222a33",
)
LIGHT = Theme(
    name="ecosim-light",
    dark=False,
    primary="#0063a6",
    secondary="#4a5a9a",
    accent="#8a5d00",
    success="#00694c",
    warning="#8f5a00",
    error="#b03a00",
    foreground="#1b2026",
    background="#f7f8fa",
    surface="#ffffff",
    panel="#e3e8ee",
)
