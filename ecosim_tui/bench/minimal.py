"""A minimal Textual application: what any console on this library takes to start, and to idle."""

from textual.app import App, ComposeResult
from textual.widgets import Static

GREETING = "a minimal application"


class MinimalApp(App[None]):
    """One line of text."""

    def compose(self) -> ComposeResult:
        """The line."""
        yield Static(GREETING)


if __name__ == "__main__":
    MinimalApp().run()
