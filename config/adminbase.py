"""What the admin pages of every app build on: unfold's classes, and the habits all pages share."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any, TypeVar

from django import forms
from django.contrib import admin
from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.admin.utils import unquote
from django.contrib.admin.views.main import PAGE_VAR, SEARCH_VAR, ChangeList
from django.contrib.auth.models import AnonymousUser, User
from django.core.paginator import Paginator
from django.db.models import Model, QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django_htmx.http import HttpResponseClientRedirect

if TYPE_CHECKING:
    # unfold carries no types: to the type checker its classes are the Django ones they extend.
    # Django's own are generic in the stubs alone.
    F = TypeVar("F", bound=Callable[..., Any])

    class ModelAdmin(admin.ModelAdmin[Any]):
        actions_detail: Sequence[str | dict[str, Any]]

        def get_actions_detail(self, request: HttpRequest, object_id: str) -> list[Any]: ...

    class TabularInline(admin.TabularInline[Any, Any]):
        readonly_preprocess_fields: dict[str, Callable[[str], str]]

    class ModelForm(forms.ModelForm[Any]): ...

    class DialogForm(forms.Form):
        object_id: int | str | None

        def __init__(self, *args: Any, **options: Any) -> None: ...

    def action(**options: Any) -> Callable[[F], F]: ...
    def display(**options: Any) -> Callable[[F], F]: ...

else:
    from django.forms import ModelForm
    from unfold.admin import ModelAdmin, TabularInline
    from unfold.decorators import action, display
    from unfold.forms import BaseDialogForm as DialogForm

__all__ = [
    "DialogForm",
    "LargeTableAdmin",
    "ModelAdmin",
    "ModelForm",
    "PrivateSearchAdmin",
    "ReadOnlyAdmin",
    "TabularInline",
    "action",
    "by",
    "count_of",
    "display",
    "note",
    "one",
    "seen",
]


# ---- who did it ----------------------------------------------------------------------------


def note(request: HttpRequest, rows: Sequence[Model], words: str) -> None:
    """Write to the rows' history what was done to them, and by whom."""
    assert not isinstance(request.user, AnonymousUser)  # nobody gets here without an account
    LogEntry.objects.log_actions(
        user_id=request.user.pk,
        queryset=list(rows),
        action_flag=CHANGE,
        change_message=words,
    )


def by(request: HttpRequest) -> str:
    assert isinstance(request.user, User)
    return request.user.get_username()


# ---- actions of one row --------------------------------------------------------------------


def one(model_admin: ModelAdmin, request: HttpRequest, object_id: str) -> Any:
    """The row that an action was pressed on, seen through its admin's own queryset."""
    row = model_admin.get_object(request, unquote(object_id))
    if row is None:
        raise Http404("It is not there any more.")
    return row


def seen(request: HttpRequest, address: str) -> HttpResponse:
    """Go on to a page: by htmx from a dialog, by a redirect from a plain form."""
    if getattr(request, "htmx", False):
        return HttpResponseClientRedirect(address)
    return HttpResponseRedirect(address)


# ---- rows that only Nod writes -------------------------------------------------------------


class ReadOnlyAdmin(ModelAdmin):
    """To look at: nobody adds, changes or deletes what happened."""

    def page_of(self, request: HttpRequest, row: Any) -> dict[str, Any]:
        """What the page of one row shows beside its fields."""
        return {}

    def render_change_form(
        self,
        request: HttpRequest,
        context: dict[str, Any],
        add: bool = False,
        change: bool = False,
        form_url: str = "",
        obj: Any = None,
    ) -> HttpResponse:
        assert obj is not None  # nobody adds one here
        context |= self.page_of(request, obj)
        return super().render_change_form(request, context, add, change, form_url, obj)

    def has_add_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False


# ---- large tables --------------------------------------------------------------------------

MOST_COUNTED = 10_000  # rows; beyond that a number tells an operator nothing, and costs a scan


def count_of(rows: QuerySet[Any], most: int | None = None) -> int:
    """`most`: MOST_COUNTED, unless fewer are enough."""
    return rows.order_by()[: most or MOST_COUNTED].count()


class BoundedPaginator(Paginator):  # type: ignore[type-arg]  # generic in the stubs alone
    """Counts so far and no further, however many rows there are."""

    @cached_property
    def count(self) -> int:
        rows = self.object_list
        assert isinstance(rows, QuerySet)
        return count_of(rows)


class LargeTableAdmin(ModelAdmin):
    """Every page costs the same few queries whether there are fifty rows or fifty million."""

    paginator = BoundedPaginator
    show_full_result_count = False
    show_facets = admin.ShowFacets.NEVER
    list_per_page = 50
    ordering = ("-pk",)  # as they came, along the primary key: no sorting of the whole table
    sortable_by = ()

    def get_changelist_instance(self, request: HttpRequest) -> ChangeList:
        changelist = super().get_changelist_instance(request)
        if not (changelist.query or changelist.has_active_filters):
            # What is shown is all there is: no “show all” beside the number.
            changelist.full_result_count = changelist.result_count
        return changelist


# ---- searching for people ------------------------------------------------------------------

IN_SESSION = "~"  # what stands in the URL for the words that are searched for


class PrivateSearchAdmin(ModelAdmin):
    """Searching for a person's number or words: they travel by POST and stay in the session,
    because URLs end up in histories and in the logs of proxies. The app's template
    admin/<app>/search_form.html posts the form.
    """

    search_is_private = True

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        if request.method == "POST" and SEARCH_VAR in request.POST:
            return self._remember(request)
        return super().changelist_view(request, extra_context)

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        return super().get_search_results(request, queryset, self._term(request, search_term))

    def get_changelist_instance(self, request: HttpRequest) -> ChangeList:
        changelist = super().get_changelist_instance(request)
        changelist.query = self._term(request, changelist.query)  # shown in the search box
        return changelist

    def _remember(self, request: HttpRequest) -> HttpResponse:
        term = request.POST[SEARCH_VAR].replace("\x00", "").strip()
        request.session[self._session_key] = term
        query = request.GET.copy()
        query.pop(PAGE_VAR, None)
        query.pop(SEARCH_VAR, None)
        if term:
            query[SEARCH_VAR] = IN_SESSION
        return HttpResponseRedirect(f"{request.path}?{query.urlencode()}")

    def _term(self, request: HttpRequest, term: str) -> str:
        return str(request.session.get(self._session_key, "")) if term == IN_SESSION else term

    @property
    def _session_key(self) -> str:
        return f"admin-search-{self.opts.label_lower}"
