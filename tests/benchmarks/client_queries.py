"""Counts the statements of each view a client's browser asks for, in a live site's own process."""

from __future__ import annotations

import json
import sys

import django


def count(facts: dict) -> dict[str, int]:
    """Statements by kind of request, with the site's own middleware."""
    from django.db import connection
    from django.test import Client
    from django.test.utils import CaptureQueriesContext

    browser = Client(HTTP_HOST="127.0.0.1", HTTP_X_FORWARDED_PROTO="https")
    address = f"/galleries/s/{facts['tokens'][0]}"
    page = facts["page"]
    feed = browser.get(address) and browser.get(f"{page}photos/?page=1").json()
    tile = feed["photos"][7]
    act = {"id": "1", "photo": tile["uuid"], "on": True}
    acts = {"round": 1, "list": "to_edit", "known": "", "acts": [act]}
    requests = {
        "door": lambda: browser.get(address),
        "page": lambda: browser.get(page),
        "part of the wall": lambda: browser.get(f"{page}photos/?page=2"),
        "thumbnail": lambda: browser.get(tile["grid"]["url"]),
        "heart": lambda: browser.post(
            f"/galleries/picks/{facts['uuid']}/acts/", acts, content_type="application/json"
        ),
    }
    counts = {}
    for name, ask in requests.items():
        ask()
        with CaptureQueriesContext(connection) as queries:
            response = ask()
        assert response.status_code in (200, 303), (name, response.status_code)
        counts[name] = len(queries)
    return counts


if __name__ == "__main__":
    django.setup()
    print(json.dumps(count(json.loads(sys.argv[1]))))
