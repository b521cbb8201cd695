"""A person with cookies before the front, who reads pages and sends their forms as they stand."""

from __future__ import annotations

from typing import Any
from urllib.parse import urljoin

import requests
from bs4 import BeautifulSoup, Tag

from tests.sending import Sender


class Visitor:
    """``address`` is the studio's front, ``certificate`` what it is known by."""

    def __init__(self, address: str, certificate: str) -> None:
        self.address = address
        self.session = requests.Session()
        # The environment may name certificates of its own, which would win.
        self.session.trust_env = False
        self.session.verify = certificate
        # Django's check against forged requests looks at it on HTTPS.
        self.session.headers["Referer"] = f"{address}/"

    def get(self, path: str, **headers: str) -> requests.Response:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return self.session.get(urljoin(self.address, path), headers=named, timeout=120)

    def page(self, path: str) -> BeautifulSoup:
        answer = self.get(path)
        assert answer.ok, (path, answer.status_code, answer.text[:3000])
        return BeautifulSoup(answer.text, "html.parser")

    def submit(self, path: str, button: str = "", **filled: Any) -> requests.Response:
        """Send the form of the page at ``path`` with this button, or of its only main form."""
        answer = self.get(path)
        page = BeautifulSoup(answer.text, "html.parser")
        form = form_with(page, button)
        data = {**fields_of(form), **filled}
        target = urljoin(answer.url, form.get("action") or answer.url)
        sent = self.session.post(target, data=data, timeout=120)
        assert sent.ok, (path, sent.status_code, sent.text[:3000])
        shown = BeautifulSoup(sent.text, "html.parser").select(".error-message, .errorlist")
        errors = [" ".join(error.stripped_strings) for error in shown]
        assert not any(errors), (path, errors, data)
        return sent

    def post_json(self, path: str, document: dict) -> requests.Response:
        token = {"X-CSRFToken": self.session.cookies["csrftoken"]}
        url = urljoin(self.address, path)
        return self.session.post(url, json=document, headers=token, timeout=120)

    def log_in(self, username: str, password: str) -> None:
        self.submit("/admin/login/", username=username, password=password)
        assert "sessionid" in self.session.cookies


def form_with(page: BeautifulSoup, button: str) -> Tag:
    forms = [form for form in page.find_all("form") if (form.get("method") or "").lower() == "post"]
    found = [form for form in forms if button in " ".join(form.stripped_strings)]
    # The admin's frame has a form of its own, to sign out.
    found = [form for form in found if "logout" not in (form.get("action") or "")]
    assert found, f"no form {button!r} in: {' '.join(page.stripped_strings)[:3000]}"
    return found[0]


def fields_of(form: Tag) -> dict[str, Any]:
    """What a browser would send of a form that nobody has touched."""
    data: dict[str, Any] = {}
    for field in form.find_all(["input", "textarea", "select"]):
        name, kind = field.get("name"), field.get("type", "text")
        if not name or field.has_attr("disabled") or kind in ("submit", "file", "button"):
            continue
        if kind in ("checkbox", "radio") and not field.has_attr("checked"):
            continue
        if field.name == "select":
            chosen = field.find("option", selected=True) or field.find("option")
            value = (chosen.get("value") or "") if chosen else ""
        else:
            value = field.text.lstrip("\n") if field.name == "textarea" else field.get("value", "")
        if kind == "checkbox":
            value = field.get("value", "on")
        data.setdefault(name, []).append(value)
    return data


class SecureSender(Sender):
    """A photographer who is signed in already, and sends by tus over TLS."""

    def __init__(self, visitor: Visitor) -> None:
        self.address = visitor.address
        self.session = visitor.session

    @property
    def headers(self) -> dict[str, str]:
        return {**super().headers, "Referer": f"{self.address}/"}
