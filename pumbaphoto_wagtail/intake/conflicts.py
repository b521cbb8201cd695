"""Transactions that the database broke off in favour of another one are tried again."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from functools import wraps
from typing import ParamSpec, TypeVar

from django.db import OperationalError

ATTEMPTS = 3
LONGEST_PAUSE_SECONDS = 0.2
# PostgreSQL, "Error Codes": serialization_failure and deadlock_detected. Both have been rolled
# back, and both are expected to succeed when they are asked for again.
CONFLICTS = frozenset({"40001", "40P01"})

Parameters = ParamSpec("Parameters")
Result = TypeVar("Result")


def is_conflict(error: OperationalError) -> bool:
    cause = error.__cause__
    # psycopg calls it sqlstate, psycopg2 pgcode.
    return (getattr(cause, "sqlstate", None) or getattr(cause, "pgcode", None)) in CONFLICTS


def retried(act: Callable[Parameters, Result]) -> Callable[Parameters, Result]:
    """Do a whole transaction up to three times. For functions that open one themselves."""

    @wraps(act)
    def attempts(*arguments: Parameters.args, **options: Parameters.kwargs) -> Result:
        for attempt in range(1, ATTEMPTS + 1):
            try:
                return act(*arguments, **options)
            except OperationalError as error:
                if attempt == ATTEMPTS or not is_conflict(error):
                    raise
                # At random, or the same two would meet again.
                time.sleep(random.uniform(0, LONGEST_PAUSE_SECONDS))
        raise AssertionError

    return attempts
