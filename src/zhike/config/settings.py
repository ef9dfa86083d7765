"""Django's settings: the only module that knows every app. What people may change at run time is
rows, not settings; what the installation decides is the environment."""

from pathlib import Path

from django.utils.translation import gettext_lazy as _

from zhike.config import environment
from zhike.kernel import home

PACKAGE = Path(__file__).resolve().parent.parent

SECRET_KEY = environment.text("ZHIKE_SECRET_KEY") or home.secret_key()
DEBUG = False
ALLOWED_HOSTS = ["*"]  # the address is not used to build links; see ZHIKE_PUBLIC_URL
PUBLIC_URL = environment.text("ZHIKE_PUBLIC_URL")
MAIL_URL = environment.text("ZHIKE_MAIL_URL")
ENGINE = environment.text("ZHIKE_ENGINE", "duckdb")

INSTALLED_APPS = [
    "django.contrib.contenttypes",
    "django.contrib.auth",
    "django.contrib.sessions",
    "django.contrib.postgres",
    "django.contrib.staticfiles",
    "procrastinate.contrib.django",
    "django_cotton.apps.SimpleAppConfig",
    "zhike.events",
    "zhike.access",
    "zhike.records",
    "zhike.customers",
    "zhike.security",
    "zhike.privacy",
    "zhike.ownership",
    "zhike.commerce",
    "zhike.segments",
    "zhike.insight",
    "zhike.web",
    "zhike.api",
]
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "zhike.web.middleware.request_id",
    "zhike.web.middleware.noting",
    "zhike.web.middleware.reading",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "zhike.web.middleware.viewer",
    "zhike.web.middleware.language",
    "zhike.web.middleware.refusals",
    "zhike.web.middleware.content_security_policy",
    "zhike.api.middleware.idempotency",
]
ROOT_URLCONF = "zhike.config.urls"
WSGI_APPLICATION = "zhike.config.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [PACKAGE / "web" / "templates"],
        "OPTIONS": {
            "loaders": [
                (
                    "django.template.loaders.cached.Loader",
                    [
                        "django_cotton.cotton_loader.Loader",
                        "django.template.loaders.filesystem.Loader",
                        "django.template.loaders.app_directories.Loader",
                    ],
                )
            ],
            "context_processors": [
                "django.template.context_processors.request",
                "django.template.context_processors.i18n",
                "zhike.web.context.shell",
            ],
            "builtins": [
                "django.templatetags.i18n",
                "django.templatetags.static",
                "django_cotton.templatetags.cotton",
                "zhike.web.templatetags.zhike",
            ],
        },
    }
]
COTTON_DIR = "components"

DATABASES = {
    "default": {
        **environment.database(environment.text("ZHIKE_DATABASE_URL") or home.database_url()),
        "CONN_MAX_AGE": None,
        "CONN_HEALTH_CHECKS": True,
    }
}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
PROCRASTINATE_AUTODISCOVER_MODULE_NAME = "jobs"

AUTH_USER_MODEL = "access.User"
SESSION_COOKIE_NAME = "zhike"
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_AGE = 14 * 24 * 3600
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = PUBLIC_URL.startswith("https://")
CSRF_FAILURE_VIEW = "zhike.web.errors.forged"
CSRF_TRUSTED_ORIGINS = [PUBLIC_URL.rstrip("/")] if PUBLIC_URL else []
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if PUBLIC_URL else None
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
DATA_UPLOAD_MAX_MEMORY_SIZE = 10 * 2**20
DATA_UPLOAD_MAX_NUMBER_FIELDS = 5_000

USE_TZ = True
TIME_ZONE = environment.time_zone("ZHIKE_TIME_ZONE", "Asia/Shanghai")
USE_I18N = True
LANGUAGES = [("zh-hans", _("简体中文")), ("en", _("English"))]
LANGUAGE_CODE = environment.one_of("ZHIKE_LANGUAGE", ("zh-hans", "en"), "zh-hans")
LANGUAGE_COOKIE_NAME = "zhike_language"
LOCALE_PATHS = [PACKAGE / "locale"]
USE_THOUSAND_SEPARATOR = False

STATIC_URL = "/static/"
STATICFILES_DIRS = [PACKAGE / "web" / "static"]
WHITENOISE_USE_FINDERS = True
WHITENOISE_AUTOREFRESH = False
WHITENOISE_MAX_AGE = 31_536_000

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "%(asctime)s %(levelname)s %(name)s %(message)s"}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["stderr"], "level": "WARNING"},
    "loggers": {"zhike": {"level": "INFO"}},
}
SILENCED_SYSTEM_CHECKS = ["models.W042"]
