"""A photographer who is logged in, and says to the server exactly what a test wants said."""

from __future__ import annotations

import base64
import uuid
from typing import Any

import requests

VERSION = {"Tus-Resumable": "1.0.0"}
BODY_TYPE = "application/offset+octet-stream"


def metadata(**values: str) -> str:
    return ",".join(
        f"{key} {base64.b64encode(value.encode()).decode()}" for key, value in values.items()
    )


class Photographer:
    """A session on a site; ``verify`` is the certificate to trust, where it speaks HTTPS."""

    def __init__(self, address: str, verify: str | bool = True, username: str = "maria") -> None:
        self.address = address
        self.verify = verify
        session = requests.Session()
        # The environment may name certificates of its own, which would win.
        session.trust_env = False
        session.verify = verify
        login = f"{address}/admin/login/"
        session.get(login).raise_for_status()
        token = session.cookies["csrftoken"]
        form = {"username": username, "password": "password", "csrfmiddlewaretoken": token}
        answer = session.post(login, data=form, headers={"Referer": login})
        assert "sessionid" in session.cookies, answer.text[:2000]
        self.token = session.cookies["csrftoken"]
        self.cookies = dict(session.cookies)

    @property
    def headers(self) -> dict[str, str]:
        """What a browser sends with each request of an upload."""
        cookies = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        # On HTTPS, Django's check against forged requests looks at the referrer as well.
        return {"Cookie": cookies, "X-CSRFToken": self.token, "Referer": f"{self.address}/"}

    def ask(self, method: str, path: str, body: Any = None, **headers: str) -> requests.Response:
        """A request with headers by name, underscores for hyphens, on a connection of its own."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return requests.request(
            method,
            self.address + path,
            data=body,
            headers={**self.headers, **VERSION, **named},
            verify=self.verify,
            allow_redirects=False,
            timeout=120,
        )

    def create(self, gallery, length: int, name: str = "IMG_1.jpg", **values: str) -> str:
        """Create an upload; the path it is at."""
        answer = self.ask(
            "POST",
            f"/galleries/uploads/{gallery.uuid}/",
            Upload_Length=str(length),
            Upload_Metadata=metadata(filename=name, **{"clientKey": str(uuid.uuid4()), **values}),
        )
        assert answer.status_code == 201, answer.text[:2000]
        return answer.headers["Location"]

    def patch(self, path: str, offset: int, body: Any, **headers: str) -> requests.Response:
        return self.ask(
            "PATCH", path, body, Upload_Offset=str(offset), Content_Type=BODY_TYPE, **headers
        )

    def offset(self, path: str) -> int:
        answer = self.ask("HEAD", path)
        assert answer.status_code == 200, answer.status_code
        return int(answer.headers["Upload-Offset"])

    def send(self, gallery, content: bytes, name: str, chunk_bytes: int) -> requests.Response:
        """A whole file, chunk by chunk; the last answer."""
        path = self.create(gallery, len(content), name)
        for offset in range(0, len(content), chunk_bytes):
            answer = self.patch(path, offset, content[offset : offset + chunk_bytes])
            assert answer.status_code == 204, (answer.status_code, answer.text[:2000])
        return answer
