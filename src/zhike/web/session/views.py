"""Signing in and out, and whether the house stands."""

from django.conf import settings
from django.db import connection
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from zhike.access.actions import check_sign_in
from zhike.kernel.errors import NotAllowed
from zhike.web.forms import Form, Input
from zhike.web.middleware import SESSION_USER
from zhike.web.request import Request


@require_http_methods(["GET", "POST"])
def sign_in(request: Request) -> HttpResponse:
    if request.viewer is not None:
        return redirect(_next(request))
    inputs = [Input("email", "", "email"), Input("password", "", "password")]
    form = Form(inputs, request.POST if request.method == "POST" else None)
    if form.data is not None and _enters(request, form):
        return redirect(_next(request))
    context = {"form": form, "next": request.GET.get("next", "")}
    return render(request, "session/sign_in.html", context, status=403 if form.errors else 200)


def _enters(request: Request, form: Form) -> bool:
    try:
        user = check_sign_in(
            email=form["email"].value,
            password=form["password"].value,
            address=request.META.get("REMOTE_ADDR", ""),
        )
    except NotAllowed as error:
        form.refuse(error)
        return False
    request.session.flush()
    request.session[SESSION_USER] = str(user.pk)
    return True


def _next(request: Request) -> str:
    """Where the person wanted to go, as long as that is a page of ours."""
    wanted = request.POST.get("next") or request.GET.get("next", "")
    is_ours = url_has_allowed_host_and_scheme(wanted, allowed_hosts=None)
    return wanted if is_ours else reverse("home")


@require_POST
def sign_out(request: Request) -> HttpResponse:
    request.session.flush()
    return redirect("sign_in")


@require_POST
def set_language(request: Request) -> HttpResponse:
    """The language of the sign-in page, before anybody is known."""
    response = redirect("sign_in")
    chosen = request.POST.get("language", "")
    if chosen in dict(settings.LANGUAGES):
        response.set_cookie(settings.LANGUAGE_COOKIE_NAME, chosen, samesite="Lax", httponly=True)
    return response


@require_GET
def healthz(request: Request) -> HttpResponse:
    """For whoever watches over the installation: the web answers and the database too."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
    return HttpResponse("ok", content_type="text/plain")
