"""One settings file for every deployment; what differs is read from the environment (config/env.py)."""

from __future__ import annotations

import secrets
from pathlib import Path
from typing import Any

import django_stubs_ext
from csp.constants import NONCE, NONE, SELF

from config import env, logging

django_stubs_ext.monkeypatch()  # so that ModelForm[User] and the like may be written

BASE_DIR = Path(__file__).resolve().parent.parent
DATA_DIR = Path(env.text("COPYIST_DATA", str(BASE_DIR / "data")))
DATA_DIR.mkdir(parents=True, exist_ok=True)


def _secret_key() -> str:
    """SECRET_KEY, or one made once and kept beside the data, so that a laptop needs no configuration."""
    if given := env.text("SECRET_KEY"):
        return given
    path = DATA_DIR / "secret-key"
    if not path.exists():
        path.touch(mode=0o600)
        path.write_text(secrets.token_urlsafe(50))
    return path.read_text()


SECRET_KEY = _secret_key()
DEBUG = env.flag("DEBUG")
TESTING = env.flag("COPYIST_TESTING")
HTTPS = env.flag("HTTPS")  # set it where a proxy speaks TLS for us
ALLOWED_HOSTS = env.items("ALLOWED_HOSTS", "localhost,127.0.0.1,[::1],testserver")
CSRF_TRUSTED_ORIGINS = env.items("CSRF_TRUSTED_ORIGINS")

INSTALLED_APPS = [
    "config.admin.Admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "config.static.Files",
    "django.contrib.humanize",
    "channels",
    "django_htmx",
    "django_q",
    "allauth",
    "allauth.account",
    "rest_framework",
    "drf_spectacular",
    "drf_spectacular_sidecar",  # the scripts of the API page, served by us
    "corsheaders",
    "csp",
    "accounts",
    "projects",
    "notation",
    "media_pipeline",
    "config",
]

MIDDLEWARE = [
    "config.middleware.stream",
    "config.middleware.trace",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "corsheaders.middleware.CorsMiddleware",
    "config.middleware.CompressWords",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "csp.middleware.CSPMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "allauth.account.middleware.AccountMiddleware",
]

ROOT_URLCONF = "config.urls"
ASGI_APPLICATION = "config.asgi.application"
TEMPLATES: list[dict[str, Any]] = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "accounts.context.person",
            ],
            "builtins": ["config.templatetags.icons"],
        },
    }
]

# --- data -----------------------------------------------------------------------------------------------------------
REDIS_URL = env.text("REDIS_URL")
DATABASES = {"default": env.database(env.text("DATABASE_URL"), data=DATA_DIR)}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

STORAGE = env.text("STORAGE", "files")  # files | s3
S3_REDIRECT = env.flag("S3_REDIRECT")  # browsers fetch files from S3 themselves, with signed addresses
MEDIA_ROOT = DATA_DIR / "files"
if STORAGE == "s3":
    _files: dict[str, Any] = {
        "BACKEND": "storages.backends.s3.S3Storage",
        "OPTIONS": {
            "bucket_name": env.text("S3_BUCKET", "copyist"),
            "endpoint_url": env.text("S3_ENDPOINT") or None,
            "region_name": env.text("S3_REGION", "us-east-1"),
            "access_key": env.text("S3_ACCESS_KEY") or None,
            "secret_key": env.text("S3_SECRET_KEY") or None,
            "querystring_expire": 600,
            "file_overwrite": True,
        },
    }
else:
    _files = {"BACKEND": "django.core.files.storage.FileSystemStorage", "OPTIONS": {"location": str(MEDIA_ROOT)}}
STORAGES = {
    "default": _files,
    "staticfiles": {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
        if TESTING or DEBUG
        else "config.static.Static"
    },
}
STATIC_URL = "/static/"
STATIC_ROOT = Path(env.text("STATIC_ROOT", str(DATA_DIR / "static")))
_modules = BASE_DIR / "node_modules"
STATICFILES_DIRS: list[Any] = [BASE_DIR / "static"]
# Third-party JavaScript comes from the lock file: package.json names it, `make run` installs it.
for _name, _path in {
    "vendor/alphatab": _modules / "@coderline/alphatab/dist",
    "vendor/old-standard": _modules / "@fontsource/old-standard-tt/files",
    "vendor/source-sans": _modules / "@fontsource-variable/source-sans-3/files",
}.items():
    if _path.is_dir():
        STATICFILES_DIRS.append((_name, _path))
WHITENOISE_MAX_AGE = 3600
WHITENOISE_USE_FINDERS = TESTING or DEBUG
CACHES = {
    "default": {"BACKEND": "django.core.cache.backends.redis.RedisCache", "LOCATION": REDIS_URL}
    if REDIS_URL
    else {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}
}

# --- people ---------------------------------------------------------------------------------------------------------
AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = [
    "django.contrib.auth.backends.ModelBackend",
    "allauth.account.auth_backends.AuthenticationBackend",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in ("UserAttributeSimilarityValidator", "MinimumLengthValidator", "CommonPasswordValidator")
]
if TESTING:
    PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
LOGIN_REDIRECT_URL = "projects:dashboard"
LOGIN_URL = "account_login"
LOGOUT_REDIRECT_URL = "home"
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*"]
ACCOUNT_EMAIL_VERIFICATION = "mandatory"
ACCOUNT_CONFIRM_EMAIL_ON_GET = False
ACCOUNT_LOGIN_ON_EMAIL_CONFIRMATION = True
ACCOUNT_ADAPTER = "accounts.adapter.AccountAdapter"
ACCOUNT_FORMS = {"signup": "accounts.forms.SignupForm"}
ACCOUNT_EMAIL_SUBJECT_PREFIX = ""
ACCOUNT_CHANGE_EMAIL = True  # one address; a new one counts once it is confirmed
ACCOUNT_EMAIL_NOTIFICATIONS = True  # "your password was changed"
ACCOUNT_DEFAULT_HTTP_PROTOCOL = "https" if HTTPS else "http"
if TESTING:
    ACCOUNT_RATE_LIMITS: Any = False
if HOPS := int(env.number("PROXY_HOPS", 1 if HTTPS else 0)):
    ALLAUTH_TRUSTED_PROXY_COUNT = HOPS
DEFAULT_FROM_EMAIL = env.text("EMAIL_FROM", "Copyist <copyist@localhost>")
if env.text("EMAIL_HOST"):
    EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    EMAIL_HOST = env.text("EMAIL_HOST")
    EMAIL_PORT = int(env.number("EMAIL_PORT", 587))
    EMAIL_HOST_USER, EMAIL_HOST_PASSWORD = env.text("EMAIL_USER"), env.text("EMAIL_PASSWORD")
    EMAIL_USE_TLS = env.flag("EMAIL_TLS", True)
else:
    EMAIL_BACKEND = "accounts.mail.ConsoleAndFolder"
EMAIL_FILE_PATH = str(DATA_DIR / "mail")

# --- queue and sockets ----------------------------------------------------------------------------------------------
# Which cluster serves which queue. One machine: one cluster for all. Many: "cpu=cpu,gpu=gpu,export=export".
QUEUES: dict[str, str] = {"cpu": "cpu", "gpu": "cpu", "export": "cpu"} | dict(
    pair.split("=", 1) for pair in env.items("QUEUES")
)
WORKERS = int(env.number("WORKERS", 2))
Q_CLUSTER: dict[str, Any] = {
    "name": "cpu",
    "workers": WORKERS,
    "queue_limit": WORKERS,
    "timeout": 6 * 3600,
    "retry": 6 * 3600 + 60,
    "max_attempts": 1,  # the row decides about attempts, not the queue
    "ack_failures": True,
    "poll": 0.1,
    "recycle": 50,
    "catch_up": False,
    "save_limit": 100,
    "daemonize_workers": False,  # a stage may start a child process
    "label": "Queue",
    **({"redis": REDIS_URL} if REDIS_URL else {"orm": "default"}),
    "ALT_CLUSTERS": {
        name: {"workers": WORKERS, "queue_limit": WORKERS} for name in sorted({*QUEUES.values()} - {"cpu"})
    },
}
CHANNEL_LAYERS: dict[str, Any] = {
    "default": {"BACKEND": "channels_redis.core.RedisChannelLayer", "CONFIG": {"hosts": [REDIS_URL]}}
    if REDIS_URL
    else {"BACKEND": "channels.layers.InMemoryChannelLayer"}
}
# With a layer that reaches other processes the relay is only a safety net.
RELAY_SECONDS = env.number("RELAY_SECONDS", 2.0 if REDIS_URL else 0.05)

# --- safety ---------------------------------------------------------------------------------------------------------
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_AGE = 30 * 24 * 3600
CSRF_FAILURE_VIEW = "config.errors.csrf_failure"
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = HTTPS
SECURE_SSL_REDIRECT = HTTPS and not TESTING
SECURE_REDIRECT_EXEMPT = [r"^healthz$", r"^readyz$"]
SECURE_HSTS_SECONDS = int(env.number("HSTS_SECONDS", 31536000)) if HTTPS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = env.flag("HSTS_SUBDOMAINS", True) and HTTPS
if HTTPS:
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [SELF],
        "script-src": [SELF, NONCE],
        # alphaTab and wavesurfer set styles on the elements they draw; no script comes of it.
        "style-src": [SELF, "'unsafe-inline'"],
        "img-src": [SELF, "data:", "blob:"],
        "font-src": [SELF, "data:"],
        "media-src": [SELF, "blob:", *env.items("MEDIA_ORIGINS")],
        "connect-src": [SELF, *env.items("MEDIA_ORIGINS")],
        "worker-src": [SELF, "blob:"],
        "object-src": [NONE],
        "base-uri": [SELF],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
    }
}
CORS_ALLOWED_ORIGINS = env.items("ALLOWED_ORIGINS")
CORS_URLS_REGEX = r"^/api/.*$"
DATA_UPLOAD_MAX_MEMORY_SIZE = 12 * 1024 * 1024  # one part of an upload and its envelope
FILE_UPLOAD_MAX_MEMORY_SIZE = 4 * 1024 * 1024

# --- API ------------------------------------------------------------------------------------------------------------
REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        # The first one decides how a stranger is refused: 401 and how to come in.
        "accounts.tokens.TokenAuthentication",
        "rest_framework.authentication.SessionAuthentication",
    ],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "NUM_PROXIES": HOPS,
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
    "DEFAULT_PAGINATION_CLASS": "config.pagination.Pages",
    "PAGE_SIZE": 50,
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "EXCEPTION_HANDLER": "config.errors.problem",
    "DEFAULT_THROTTLE_CLASSES": [
        "rest_framework.throttling.AnonRateThrottle",
        "rest_framework.throttling.UserRateThrottle",
    ],
    "DEFAULT_THROTTLE_RATES": {
        "anon": "60000/min" if TESTING else env.text("API_RATE_ANONYMOUS", "60/min"),
        "user": "60000/min" if TESTING else env.text("API_RATE", "1200/min"),
    },
}
SPECTACULAR_SETTINGS = {
    "TITLE": "Copyist",
    "DESCRIPTION": "Turns the music you have into the notation you need.",
    "VERSION": "1",
    "SERVE_INCLUDE_SCHEMA": False,
    "SCHEMA_PATH_PREFIX": "/api/v1",
    "COMPONENT_SPLIT_REQUEST": True,
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "POSTPROCESSING_HOOKS": ["drf_spectacular.hooks.postprocess_schema_enums", "config.api.add_problems"],
}

# --- language, time, logs -------------------------------------------------------------------------------------------
LANGUAGE_CODE = "en"
TIME_ZONE = env.text("TIME_ZONE", "UTC")
USE_I18N = False  # in English only, so far: asking for each number how it is written costs a page a tenth of its time
USE_TZ = True
LOGGING_CONFIG = None
LOGGING = logging.configure(file=env.text("LOG_FILE"), level=env.text("LOG_LEVEL", "INFO"), json=env.flag("LOG_JSON"))
if _dsn := env.text("SENTRY_DSN"):
    import sentry_sdk

    sentry_sdk.init(
        dsn=_dsn,
        environment=env.text("SENTRY_ENVIRONMENT", "production"),
        send_default_pii=False,
        before_send=logging.tag_report,
    )
