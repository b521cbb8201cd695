"""What the endpoints of this package share: Wagtail's API v2, with UUIDs and the resolver.

Wagtail's own conventions hold: ``meta.total_count`` and ``items``, ``limit`` and ``offset``,
``fields``, ``order``, ``search``, and 400 with a message for whatever is not known. There are no
primary keys, and what may not be seen is not found, in the same words as what never existed.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cached_property
from typing import Any

from django.db.models import Model, Q, QuerySet
from django.urls import URLPattern, path, reverse
from django.utils.cache import patch_vary_headers
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import Serializer
from wagtail.api import APIField
from wagtail.api.v2.pagination import WagtailPagination
from wagtail.api.v2.utils import BadRequestError
from wagtail.api.v2.views import BaseAPIViewSet
from wagtail.models import Site

from .. import access
from ..proofing.headers import make_private
from .asking import AUTHENTICATION, viewer_of
from .parameters import read_search

# No list is that long, and larger numbers are none for some databases.
LARGEST_OFFSET = 2**31 - 1


class StrictPagination(WagtailPagination):
    """Wagtail's, for any number that somebody writes."""

    def paginate_queryset(
        self, queryset: QuerySet, request: Request, view: BaseAPIViewSet | None = None
    ) -> list:
        for name in ("offset", "limit"):
            text = request.GET.get(name, "0")
            # Python reads other scripts' digits, and numbers as long as an address can be.
            if not (text.isascii() and text.isdigit()) or len(text) > len(str(LARGEST_OFFSET)):
                raise BadRequestError(f"{name} must be a positive integer")
            if int(text) > LARGEST_OFFSET:
                raise BadRequestError(f"{name} must be a positive integer")
        return [*super().paginate_queryset(queryset, request, view)]


class PumbaphotoEndpoint(BaseAPIViewSet):
    """One kind of thing.

    ``filters`` are names in the query string with what reads them: a function of the name and its
    text that returns a Q, or anything that ``narrow`` understands. ``orders`` are what can be
    ordered by, and the database's own expressions for it, ascending and descending.
    """

    http_method_names = ["get", "head"]
    renderer_classes = [JSONRenderer]
    authentication_classes = AUTHENTICATION
    pagination_class = StrictPagination
    lookup_field = "uuid"
    known_query_parameters = BaseAPIViewSet.known_query_parameters - {"rich_text_format", "format"}

    filters: dict[str, Callable[[str, str], Any]] = {}
    orders: dict[str, tuple[Sequence, Sequence]] = {}
    default_order: Sequence = ()
    searched_field = "title"
    fields_here: Sequence[APIField] = ()
    meta_fields_here: Sequence[APIField] = ()

    # --- Who asks --------------------------------------------------------------------------------

    @property
    def viewer(self) -> access.Viewer:
        return viewer_of(self.request)

    @cached_property
    def site(self) -> Site | None:
        return Site.find_for_request(self.request)

    def finalize_response(self, request: Request, response: Response, *args, **kwargs) -> Response:
        """Nobody keeps an answer: what somebody may see can end with the next request."""
        response = super().finalize_response(request, response, *args, **kwargs)
        patch_vary_headers(response, ["Cookie", "Authorization"])
        return make_private(response)

    def find(self) -> QuerySet:
        """What this viewer may ask for: named in a list, or found by its UUID."""
        raise NotImplementedError

    @cached_property
    def _found(self) -> QuerySet:
        # Who may see what takes some questions, and Wagtail asks for this three times.
        return self.find()

    def get_queryset(self) -> QuerySet:
        return self._found.all()

    # --- One and many ----------------------------------------------------------------------------

    def listing_view(self, request: Request) -> Response:
        self.check_query_parameters(self.get_queryset())
        found = self.paginate_queryset(self.filter_queryset(self.get_queryset()))
        self.prepare(found)
        serializer = self.get_serializer(found, many=True)
        return self.get_paginated_response(serializer.data)

    def detail_view(self, request: Request, uuid) -> Response:
        self.check_query_parameters(self.get_queryset())
        self.prepare([self.get_object()])
        return super().detail_view(request, uuid)

    def filter_queryset(self, queryset: QuerySet) -> QuerySet:
        if self.action != "listing_view":
            return queryset
        asked = self.request.GET
        for name, read in self.filters.items():
            if name in asked:
                queryset = self.narrow(queryset, name, read(name, asked[name]))
        if "search" in asked:
            operator = asked.get("search_operator", "")
            queryset = queryset.filter(read_search(asked["search"], operator, self.searched_field))
        return queryset.order_by(*self._order())

    def narrow(self, queryset: QuerySet, name: str, value: Any) -> QuerySet:
        """What of these a filter leaves; for a Q that is all there is to it."""
        return queryset.filter(value if isinstance(value, Q) else Q(**{name: value}))

    def prepare(self, found: list[Model]) -> None:
        """Read for all of these at once what their fields say."""

    def _order(self) -> Sequence:
        wanted = self.request.GET.get("order", "")
        if not wanted:
            return self.default_order
        if wanted == "random":
            if "offset" in self.request.GET:
                raise BadRequestError("random ordering with offset is not supported")
            return ("?",)
        order = []
        for each in wanted.split(","):
            name = each.removeprefix("-")
            if name not in self.orders:
                raise BadRequestError(f"cannot order by '{each}' (unknown field)")
            order += self.orders[name][each.startswith("-")]
        return (*order, "pk")

    # --- What is known of the query string -------------------------------------------------------

    def check_query_parameters(self, queryset: QuerySet) -> None:
        is_list = self.action == "listing_view"
        known = {*self.known_query_parameters, *self.filters} if is_list else {"fields", "_"}
        if unknown := set(self.request.GET) - known:
            names = ", ".join(sorted(unknown))
            raise BadRequestError(
                f"query parameter is not an operation or a recognised field: {names}"
            )

    # --- Fields ----------------------------------------------------------------------------------

    @classmethod
    def get_body_fields(cls, model: type[Model]) -> list[APIField]:
        return [*cls.fields_here]

    @classmethod
    def get_meta_fields(cls, model: type[Model]) -> list[APIField]:
        return [*cls.meta_fields_here]

    @classmethod
    def _get_serializer_class(
        cls, router, model, fields_config, show_details=False, nested=False
    ) -> type[Serializer]:
        if nested:
            _require_short(fields_config, cls.nested_default_fields)
            fields_config = [field for field in fields_config if field[0] != "*"]
        return super()._get_serializer_class(
            router, model, fields_config, show_details=show_details, nested=nested
        )

    # --- Addresses -------------------------------------------------------------------------------

    @classmethod
    def get_urlpatterns(cls) -> list[URLPattern]:
        return [
            path("", cls.as_view({"get": "listing_view"}), name="listing"),
            path("<uuid:uuid>/", cls.as_view({"get": "detail_view"}), name="detail"),
        ]

    @classmethod
    def get_object_detail_urlpath(cls, model: type[Model], pk, namespace: str = "") -> str:
        """``pk`` is the UUID: the router asks by what :class:`fields.DetailURL` gives it."""
        return reverse(f"{namespace}:detail" if namespace else "detail", args=(pk,))


def _require_short(fields_config: list, known: Sequence[str]) -> None:
    """What is named within another thing is its short form: anything else is asked for itself."""
    unknown = {name for name, *_rest in fields_config} - {*known, "*", "_"}
    if unknown:
        raise BadRequestError(f"unknown fields: {', '.join(sorted(unknown))}")
