"""Settings of the whole project. What differs between two installations is an environment variable, read and checked here.

DATABASE_URL         the application's address in PostgreSQL; unset: the project starts its own PostgreSQL, for trying, developing and testing
DATABASE_OWNER_URL   the owner's address, for migrations only; a serving process does without it
SECRET_KEY           required with DATABASE_URL
ALLOWED_HOSTS        the names that the site answers to, comma-separated; required with DATABASE_URL
EMAIL_URL            where mails leave: smtp://user:password@host:587, smtps://…:465, or console:; the embedded installation writes them to the terminal
EMAIL_FROM           the address that mails come from; required with a mail server in EMAIL_URL
SITE_URL             the site's own address in mails; without it, https:// and the first of ALLOWED_HOSTS
PROXIES              how many proxies of our own stand before the site, so that it knows who calls; 1 with DATABASE_URL, else 0
DEBUG                1 or 0; without it, 1 only while DATABASE_URL is unset
ENSOMHED_VAR         where the embedded database and collected files lie; `var/` in the project unless told otherwise
"""

import os
from pathlib import Path

import pghistory
from csp.constants import NONE, SELF
from django.core.exceptions import ImproperlyConfigured

from ensomhed import environment

BASE_DIR = Path(__file__).resolve().parent.parent
VAR_DIR = Path(os.environ.get("ENSOMHED_VAR") or BASE_DIR / "var").absolute()

DATABASE_URL = os.environ.get("DATABASE_URL", "")
EMBEDDED = not DATABASE_URL
DEBUG = environment.switch("DEBUG", default=EMBEDDED)
FOR_TRYING = EMBEDDED or DEBUG  # invented people may exist and log in; on data that is real they are nobody
PROXIES = environment.number("PROXIES", default=0 if EMBEDDED else 1)

if EMBEDDED:
    # The backend starts the server at the first connection and fills in address and password.
    DATABASES = {
        "default": {"ENGINE": "ensomhed.postgres", "NAME": "ensomhed", "USER": "ensomhed_app", "CONN_MAX_AGE": 60, "CONN_HEALTH_CHECKS": True},
        "owner": {"ENGINE": "ensomhed.postgres", "NAME": "ensomhed", "USER": "ensomhed_owner"},
    }
    SECRET_KEY = os.environ.get("SECRET_KEY") or environment.local_secret(VAR_DIR / "secret-key")
    ALLOWED_HOSTS = environment.names("ALLOWED_HOSTS", default=["localhost", "127.0.0.1", "[::1]"])
else:
    DATABASES = {"default": environment.database(DATABASE_URL, variable="DATABASE_URL")}
    if os.environ.get("DATABASE_OWNER_URL"):
        DATABASES["owner"] = environment.database(os.environ["DATABASE_OWNER_URL"], variable="DATABASE_OWNER_URL")
    SECRET_KEY = os.environ.get("SECRET_KEY", "")
    ALLOWED_HOSTS = environment.names("ALLOWED_HOSTS", default=["localhost", "127.0.0.1"] if DEBUG else [])
    if len(SECRET_KEY) < 32:
        raise ImproperlyConfigured(
            "SECRET_KEY is missing or shorter than 32 characters; make one with: python -c 'import secrets; print(secrets.token_urlsafe(48))'"
        )
    if not ALLOWED_HOSTS:
        raise ImproperlyConfigured("ALLOWED_HOSTS is empty; give the names that the site answers to, for instance: ALLOWED_HOSTS=ensomhed.example.dk")

INSTALLED_APPS = [
    "ensomhed.apps.EnsomhedConfig",
    "ledger.apps.LedgerConfig",
    "initiatives.apps.InitiativesConfig",
    "ensomhed.apps.AdminConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
    "djmoney",
    "rest_framework",
    "django_filters",
    "drf_spectacular",
    "csp",
    "pgtrigger",
    "pghistory",
    "allauth.account",
    "allauth.mfa",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "ensomhed.sessions.limited",
    "allauth.account.middleware.AccountMiddleware",
    "ensomhed.factor.Required",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "ensomhed.addresses.without_nul",
    "initiatives.history.trail.Trail",
]

ROOT_URLCONF = "ensomhed.urls"
WSGI_APPLICATION = "ensomhed.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "initiatives.context.demo",
            ],
            "builtins": ["ensomhed.templatetags.danish"],
        },
    }
]

# The audit log keeps who, where from and which page beside every row, and no index of its own for every reference.
PGHISTORY_CONTEXT_FIELD = pghistory.ContextJSONField()
PGHISTORY_FOREIGN_KEY_FIELD = pghistory.ForeignKey(db_index=False)
PGHISTORY_OBJ_FIELD = pghistory.ObjForeignKey(related_name="+")
PGHISTORY_CREATED_AT_FUNCTION = "CLOCK_TIMESTAMP()"
PGHISTORY_MIDDLEWARE_METHODS = ("POST", "PUT", "PATCH", "DELETE")

AUTH_USER_MODEL = "ensomhed.User"
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
]
AUTHENTICATION_BACKENDS = ["ensomhed.login.Backend"]
PASSWORD_RESET_TIMEOUT = 4 * 60 * 60  # how long a one-time link works
MFA_ADAPTER = "ensomhed.authenticators.Adapter"
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_TOTP_ISSUER = "Midler mod ensomhed"
MFA_TOTP_TOLERANCE = 1  # the neighbouring half minutes too: telephones' clocks differ
LOGIN_URL = "login"
LOGIN_REDIRECT_URL = "home"
LOGOUT_REDIRECT_URL = "login"

DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
LANGUAGE_CODE = "da"
TIME_ZONE = "Europe/Copenhagen"
USE_I18N = True
USE_TZ = True

CURRENCIES = ("DKK",)
DEFAULT_CURRENCY = "DKK"

STATIC_URL = "static/"
STATIC_ROOT = VAR_DIR / "static"
STATICFILES_DIRS = [BASE_DIR / "templates" / "static"]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.InMemoryStorage"},  # vouchers lie in PostgreSQL, beside what they prove
    "staticfiles": {
        "BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage" if not DEBUG else "django.contrib.staticfiles.storage.StaticFilesStorage"
    },
}
WHITENOISE_USE_FINDERS = DEBUG
WHITENOISE_AUTOREFRESH = DEBUG
VOUCHER_MAX_BYTES = 10 * 1024 * 1024
DATA_UPLOAD_MAX_MEMORY_SIZE = VOUCHER_MAX_BYTES + 1024 * 1024
FILE_UPLOAD_HANDLERS = ["ensomhed.uploads.UpToTheLimit"]

CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [SELF],
        "base-uri": [SELF],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
        "object-src": [NONE],
    }
}
X_FRAME_OPTIONS = "DENY"
SECURE_REFERRER_POLICY = "same-origin"
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_ENGINE = "ensomhed.sessions"
SESSION_EXPIRE_AT_BROWSER_CLOSE = True
SESSION_COOKIE_AGE = 8 * 60 * 60  # ensomhed.sessions counts them from the log-in, and half an hour from the last click
# An installation on a server of its own is reached over TLS only; the embedded one is on this machine alone.
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = SECURE_SSL_REDIRECT = not EMBEDDED and not DEBUG
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if PROXIES else None
SECURE_HSTS_SECONDS = 0 if EMBEDDED or DEBUG else 365 * 24 * 60 * 60

REST_FRAMEWORK = {
    # The token first: then a nameless request is answered 401 with a challenge, and a request that carries a token is judged by it alone.
    "DEFAULT_AUTHENTICATION_CLASSES": ["initiatives.api.permissions.Key", "initiatives.api.permissions.Session"],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["initiatives.api.parsers.SmallJson"],
    "DEFAULT_PAGINATION_CLASS": "initiatives.api.pagination.ByNewest",
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "DEFAULT_METADATA_CLASS": None,
    "DEFAULT_THROTTLE_CLASSES": ["rest_framework.throttling.UserRateThrottle"],
    "DEFAULT_THROTTLE_RATES": {"user": "600/min"},
    "EXCEPTION_HANDLER": "initiatives.api.problems.answer",
    "URL_FORMAT_OVERRIDE": None,
}
SPECTACULAR_SETTINGS = {
    "TITLE": "ensomhed",
    "DESCRIPTION": (
        "The ledger of the 2023–2025 allocation against loneliness: what was earmarked, what was paid, and what is left.\n\n"
        "Amounts are strings with two decimals, in Danish kroner. A write carries an Idempotency-Key. "
        "Every refusal is a problem (RFC 9457) with the rule, the figures and the next step; a limit is 409.\n\n"
        "A request shows who it comes from by the site's session (a write then with X-CSRFToken), or by a token that the operator makes (manage.py api_key): "
        "`Authorization: Token …`. A payment is approved by somebody who is logged in, never by token."
    ),
    "VERSION": "1",
    "SERVE_INCLUDE_SCHEMA": False,
    "SCHEMA_PATH_PREFIX": "/api/v1",
    "ENUM_NAME_OVERRIDES": {
        "AccountKind": "ledger.kinds.AccountKind",
        "TransferKind": "ledger.kinds.Kind",
        "Step": "ledger.kinds.Step",
        "Cause": "ledger.kinds.Cause",
        "Currency": "ledger.models.DKK",
    },
    "POSTPROCESSING_HOOKS": ["drf_spectacular.hooks.postprocess_schema_enums", "initiatives.api.schema.refuse_unknown_fields"],
}

# Without an address nothing is sent and nothing is lost: what is to be told waits in the outbox, and the command says why. Never a server by accident.
DEFAULT_FROM_EMAIL = SERVER_EMAIL = os.environ.get("EMAIL_FROM") or "ensomhed@localhost"
globals().update(environment.mail(os.environ.get("EMAIL_URL", "console:" if EMBEDDED else ""), os.environ.get("EMAIL_FROM", "")))
SITE_URL = (os.environ.get("SITE_URL") or ("http://127.0.0.1:8000" if EMBEDDED else f"https://{ALLOWED_HOSTS[0].lstrip('.*') or 'localhost'}")).rstrip("/")

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "{asctime} {levelname} {name}: {message}", "style": "{"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line"}},
    "loggers": {"ledger": {"handlers": ["console"], "level": "INFO"}, "initiatives": {"handlers": ["console"], "level": "INFO"}},
}
