"""The page that asks a person for leave, as a browser reads it."""

from __future__ import annotations

from html.parser import HTMLParser


class Page(HTMLParser):
    """What a person finds on a page: its form, who can be chosen, buttons, links, the PIN."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.text = text
        self.form: dict[str, str] = {}
        self.action = ""
        self.accounts: list[str] = []
        self.buttons: dict[str, str] = {}
        self.pin = ""
        self.loads: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Remember what matters."""
        given = {name: value or "" for name, value in attrs}
        self.loads += [given[name] for name in ("src", "href") if name in given]
        assert tag != "script"
        assert not [name for name in given if name.startswith("on") or name == "style"]
        if tag == "form":
            self.action = given["action"]
        if tag == "button":
            self.buttons[given["value"]] = given["name"]
        if tag == "input" and given.get("id") == "pin":
            self.pin = given["value"]
        if tag == "input" and given.get("type") == "hidden":
            self.form[given["name"]] = given["value"]
        if tag == "input" and given.get("type") == "radio":
            self.accounts.append(given["value"])
            if "checked" in given:
                self.form[given["name"]] = given["value"]
