"""Where everything is."""

from django.urls import URLPattern, URLResolver, include, path

urlpatterns: list[URLPattern | URLResolver] = [
    path("api/v1/", include("zhike.api.urls")),
    path("", include("zhike.web.urls")),
]
