"""The value of the base of customers: what it is worth, who brings it, how it moves."""

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from zhike.web.request import Request
from zhike.web.value.page import ValuePage


@require_GET
def value(request: Request) -> HttpResponse:
    return render(request, "value/value.html", {"page": ValuePage(request)})
