"""Where everything is."""

from django.urls import URLPattern, URLResolver, include, path

from zhike.api.urls import api

urlpatterns: list[URLPattern | URLResolver] = [
    path("api/v1/", api.urls),
    path("", include("zhike.web.urls")),
]

handler400 = "zhike.web.errors.bad_request"
handler404 = "zhike.web.errors.not_found"
handler500 = "zhike.web.errors.failed"
