"""What the package needs of its project: apps, middleware, templates, times with a zone."""

from __future__ import annotations

from typing import Any

from django.apps import apps
from django.conf import settings as django_settings
from django.core.checks import CheckMessage, Error, Warning, register
from django.template import TemplateDoesNotExist, TemplateSyntaxError
from django.template.loader import get_template
from django.template.loader_tags import BlockNode, ExtendsNode
from django.utils.module_loading import import_string

from .options import TAG

# Without one of them photographers cannot sign in, or forms of clients are refused or unprotected.
MIDDLEWARE = (
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
)
# What brings no models has no other way to be missed.
APPS = (
    *("wagtail_modeladmin", "wagtail.snippets", "wagtail.images", "wagtail.users", "wagtail.admin"),
    *("django.contrib.sessions", "django.contrib.messages", "django.contrib.staticfiles"),
)
BASE = "pumbaphoto_wagtail/base.html"
BLOCKS = ("extra_css", "content", "extra_js")
# What Django itself allows; less refuses what our own pages send.
LEAST_MEMORY_BYTES = 2_621_440
LEAST_FIELDS = 1000


@register(TAG)
def check_middleware(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """E020: middleware is missing that sessions, forms or messages need."""
    there = tuple(filter(None, map(_class_of, django_settings.MIDDLEWARE)))
    return [
        Error(
            f"MIDDLEWARE lacks {name}.",
            hint=f'MIDDLEWARE += ["{name}"]  # in the order of Django\'s documentation',
            id="pumbaphoto.E020",
        )
        for name in MIDDLEWARE
        if not any(issubclass(each, import_string(name)) for each in there)
    ]


def _class_of(name: str) -> type | None:
    try:
        found = import_string(name)
    except ImportError:
        # Django says so as soon as the site starts.
        return None
    return found if isinstance(found, type) else None


@register(TAG)
def check_apps(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """E025: an app is missing whose templates and views the package uses."""
    return [
        Error(
            f"INSTALLED_APPS lacks {name}.",
            hint=f'INSTALLED_APPS += ["{name}"]',
            id="pumbaphoto.E025",
        )
        for name in APPS
        if not apps.is_installed(name)
    ]


@register(TAG)
def check_times(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """E022: times without a zone, which leases, links and due dates cannot be kept by."""
    if django_settings.USE_TZ:
        return []
    return [
        Error(
            "With USE_TZ = False links end and leases run out at the wrong hour.",
            hint="USE_TZ = True",
            id="pumbaphoto.E022",
        )
    ]


@register(TAG)
def check_base_template(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """E023: the site's base.html is missing, or has no place for what gallery pages put into it."""
    try:
        blocks = _blocks_of(BASE)
    except TemplateDoesNotExist as error:
        return [
            Error(
                f"There is no template {error}, which gallery pages extend.",
                hint='{% extends "your_base.html" %} in templates/base.html, with the blocks '
                f"title, {', '.join(BLOCKS)}",
                id="pumbaphoto.E023",
            )
        ]
    except TemplateSyntaxError:
        # Every page of the site says so.
        return []
    return [
        Error(
            f"base.html has no block {name!r}, which gallery pages fill.",
            hint=f"{{% block {name} %}}{{% endblock %}} in base.html, or what it extends",
            id="pumbaphoto.E023",
        )
        for name in BLOCKS
        if blocks is not None and name not in blocks
    ]


def _blocks_of(name: str) -> set[str] | None:
    """The blocks of the outermost template that one extends; None where that is decided later."""
    # Another engine's templates have no nodes that could be read.
    template = getattr(get_template(name), "template", None)
    nodes = getattr(template, "nodelist", None)
    if nodes is None:
        return None
    extends = nodes.get_nodes_by_type(ExtendsNode)
    if not extends:
        return {block.name for block in nodes.get_nodes_by_type(BlockNode)}
    parent = extends[0].parent_name.var
    return _blocks_of(parent) if isinstance(parent, str) and parent != name else None


@register(TAG)
def check_bodies(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """W034: requests are refused that our own pages send."""
    least = {
        "DATA_UPLOAD_MAX_MEMORY_SIZE": LEAST_MEMORY_BYTES,
        "DATA_UPLOAD_MAX_NUMBER_FIELDS": LEAST_FIELDS,
    }
    return [
        Warning(
            f"{name} is {value}: large forms of the admin and long lists of hearts are refused.",
            hint=f"{name} = {least[name]}",
            id="pumbaphoto.W034",
        )
        for name in least
        if (value := getattr(django_settings, name)) is not None and value < least[name]
    ]


@register(TAG)
def check_compression(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """W028: what is sent is compressed by Django, so that a download cannot go on where it
    stopped.
    """
    name = "django.middleware.gzip.GZipMiddleware"
    if name not in django_settings.MIDDLEWARE:
        return []
    return [
        Warning(
            "GZipMiddleware compresses ZIPs and photographs: they lose their length, and a "
            "download that stops begins anew.",
            hint=f'MIDDLEWARE.remove("{name}")  # let nginx compress pages',
            id="pumbaphoto.W028",
        )
    ]
