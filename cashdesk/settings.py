"""All settings, each read once from the environment; docs/settings.md explains every variable."""

from datetime import time
from decimal import Decimal
from pathlib import Path

from babel.numbers import list_currencies
from django.core.exceptions import ImproperlyConfigured
from django.urls import reverse_lazy

from cashdesk.environment import DeskEnv
from cashdesk.logs import tells_no_token

BASE_DIR = Path(__file__).resolve().parent.parent

env = DeskEnv()
DeskEnv.read_env(env.str("CASHDESK_ENV_FILE", default=str(BASE_DIR / ".env")))  # the environment wins over the file

# --- The two secrets without which the desk does not start -----------------------------------------------------------
SECRET_KEY = env.secret("SECRET_KEY")
CASHDESK_PROOF_KEY = env.secret("CASHDESK_PROOF_KEY")
CASHDESK_PROOF_KEYS_OLD = env.former_secrets("CASHDESK_PROOF_KEYS_OLD")  # they sign nothing any more

# --- The installation ------------------------------------------------------------------------------------------------
DEBUG = env.switch("DEBUG")
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", default=["127.0.0.1", "localhost"])
CSRF_TRUSTED_ORIGINS = env.list("CSRF_TRUSTED_ORIGINS", default=[])
TIME_ZONE = env.str("TIME_ZONE", default="UTC")
LANGUAGE_CODE = env.str("LANGUAGE_CODE", default="en")

CASHDESK_CURRENCY = env.str("CASHDESK_CURRENCY", default="EUR").upper()
if CASHDESK_CURRENCY not in list_currencies():
    raise ImproperlyConfigured(f"CASHDESK_CURRENCY is {CASHDESK_CURRENCY!r}. Write an ISO 4217 code, like EUR.")
CASHDESK_MAX_AMOUNT = Decimal(env.str("CASHDESK_MAX_AMOUNT", default="50000"))
CASHDESK_CONFIRM_AMOUNT = Decimal(env.str("CASHDESK_CONFIRM_AMOUNT", default="10000"))
CASHDESK_CONFIRM_OVER_PERCENT = env.int("CASHDESK_CONFIRM_OVER_PERCENT", default=100)
CASHDESK_BACKDATE_DAYS = env.int("CASHDESK_BACKDATE_DAYS", default=0)
CASHDESK_DAY_STARTS = time.fromisoformat(env.str("CASHDESK_DAY_STARTS", default="00:00"))
CASHDESK_REVERSE_MINUTES = env.int("CASHDESK_REVERSE_MINUTES", default=15)
CASHDESK_IDLE_SECONDS = env.int("CASHDESK_IDLE_SECONDS", default=1800)
CASHDESK_QUICK_NOTES = [Decimal(note) for note in env.list("CASHDESK_QUICK_NOTES", default=["20", "50", "100"])]
CASHDESK_SHIFTS = env.switch("CASHDESK_SHIFTS")
CASHDESK_DENOMINATIONS = [Decimal(value) for value in env.list("CASHDESK_DENOMINATIONS", default=[])]
if any(not value.is_finite() or value <= 0 for value in CASHDESK_DENOMINATIONS):
    raise ImproperlyConfigured("CASHDESK_DENOMINATIONS are amounts above zero, like 50,20,10,5,2,1.")
CASHDESK_PROVIDER_NAME = env.str("CASHDESK_PROVIDER_NAME", default="Cashdesk")
CASHDESK_PROVIDER_ADDRESS = env.str("CASHDESK_PROVIDER_ADDRESS", default="")
CASHDESK_PROVIDER_TAX_ID = env.str("CASHDESK_PROVIDER_TAX_ID", default="")
CASHDESK_BASE_URL = env.str("CASHDESK_BASE_URL", default="").rstrip("/")
CASHDESK_PROXIES = env.int("CASHDESK_PROXIES", default=0)
CASHDESK_RECEIPT_FOOTER = env.str("CASHDESK_RECEIPT_FOOTER", default="")
CASHDESK_HELP = env.str("CASHDESK_HELP", default="")
CASHDESK_PLAIN_HTTP = env.switch("CASHDESK_PLAIN_HTTP")

# --- The billing system ----------------------------------------------------------------------------------------------
CASHDESK_BILLING = env.one_of("CASHDESK_BILLING", "files", "splynx")
CASHDESK_BILLING_SETTLE = env.int("CASHDESK_BILLING_SETTLE", default=120)
CASHDESK_SPLYNX_URL = env.str("CASHDESK_SPLYNX_URL", default="")
CASHDESK_SPLYNX_KEY = env.credential("CASHDESK_SPLYNX_KEY")
CASHDESK_SPLYNX_SECRET = env.credential("CASHDESK_SPLYNX_SECRET")
CASHDESK_SPLYNX_HOOK_SECRET = env.credential("CASHDESK_SPLYNX_HOOK_SECRET")
CASHDESK_SPLYNX_TIMEOUT = env.int("CASHDESK_SPLYNX_TIMEOUT", default=15)
CASHDESK_SPLYNX_UNDO = env.one_of("CASHDESK_SPLYNX_UNDO", "delete", "negative")
if CASHDESK_BILLING == "splynx" and not (CASHDESK_SPLYNX_URL and CASHDESK_SPLYNX_KEY and CASHDESK_SPLYNX_SECRET):
    raise ImproperlyConfigured(
        "CASHDESK_BILLING is splynx: set CASHDESK_SPLYNX_URL, CASHDESK_SPLYNX_KEY and CASHDESK_SPLYNX_SECRET."
    )
if CASHDESK_BILLING_SETTLE < 1 or CASHDESK_SPLYNX_TIMEOUT < 1:
    raise ImproperlyConfigured("CASHDESK_BILLING_SETTLE and CASHDESK_SPLYNX_TIMEOUT are at least one second.")

# --- The house -------------------------------------------------------------------------------------------------------
INSTALLED_APPS = [
    "cashdesk.apps.CashdeskConfig",
    "billing.apps.BillingConfig",
    "payments.apps.PaymentsConfig",
    "tills.apps.TillsConfig",
    "customers.apps.CustomersConfig",
    "accounts.apps.AccountsConfig",
    "cashdesk.apps.DeskAdminConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "django.forms",
    "django_htmx",
    "csp",
]

MIDDLEWARE = [
    "csp.middleware.CSPMiddleware",  # first: also on what the others refuse
    "django.middleware.security.SecurityMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "cashdesk.middleware.own_answers",
    "cashdesk.middleware.ready_desk",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "cashdesk.middleware.language",  # before the door: a refusal speaks the operator's language too
    "cashdesk.middleware.desk_access",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
]

ROOT_URLCONF = "cashdesk.urls"
WSGI_APPLICATION = "cashdesk.wsgi.application"
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
                "cashdesk.context.desk",
            ],
        },
    }
]
FORM_RENDERER = "cashdesk.forms.base.DeskRenderer"

# --- The database ----------------------------------------------------------------------------------------------------
DATABASES = {"default": env.db("DATABASE_URL", default=f"sqlite:///{BASE_DIR / 'db.sqlite3'}")}
if DATABASES["default"]["ENGINE"] == "django.db.backends.sqlite3":
    DATABASES["default"]["OPTIONS"] = {
        "transaction_mode": "IMMEDIATE",
        "timeout": 20,
        "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA recursive_triggers=ON;",
    }
else:
    DATABASES["default"]["CONN_MAX_AGE"] = 60
    DATABASES["default"]["CONN_HEALTH_CHECKS"] = True
    # A page says that the database does not answer; without this it would wait for minutes itself.
    DATABASES["default"].setdefault("OPTIONS", {}).setdefault("connect_timeout", 5)
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# --- Sign-in and sessions --------------------------------------------------------------------------------------------
AUTH_USER_MODEL = "accounts.Operator"
AUTHENTICATION_BACKENDS = ["accounts.sign_in.DeskBackend"]
LOGIN_URL = reverse_lazy("login")
LOGIN_REDIRECT_URL = reverse_lazy("search")
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in ("UserAttributeSimilarityValidator", "MinimumLengthValidator", "CommonPasswordValidator")
] + [{"NAME": "accounts.passwords.LongestPasswordValidator"}]
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_SECURE = not CASHDESK_PLAIN_HTTP
SESSION_COOKIE_NAME = "cashdesk-session" if CASHDESK_PLAIN_HTTP else "__Host-cashdesk-session"
SESSION_COOKIE_AGE = 12 * 60 * 60  # nobody works longer than this on one sign-in
CSRF_COOKIE_HTTPONLY = True
CSRF_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_SECURE = not CASHDESK_PLAIN_HTTP
CSRF_COOKIE_NAME = "cashdesk-csrf" if CASHDESK_PLAIN_HTTP else "__Host-cashdesk-csrf"
CSRF_FAILURE_VIEW = "cashdesk.views.failures.csrf_failure"

# --- What every answer says to the browser ---------------------------------------------------------------------------
SECURE_SSL_REDIRECT = not CASHDESK_PLAIN_HTTP
SECURE_REDIRECT_EXEMPT = [r"^healthz$", r"^readyz$"]
SECURE_HSTS_SECONDS = 0 if CASHDESK_PLAIN_HTTP else 365 * 24 * 60 * 60
# HSTS stays with this name: other hosts under the provider's domain are not the desk's to decide about.
SILENCED_SYSTEM_CHECKS = ["security.W005", "security.W021"]
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": ["'none'"],
        "script-src": ["'self'"],
        "style-src": ["'self'"],
        "img-src": ["'self'", "data:"],
        "font-src": ["'self'"],
        "connect-src": ["'self'"],
        "manifest-src": ["'self'"],
        "form-action": ["'self'"],
        "frame-ancestors": ["'none'"],
        "base-uri": ["'none'"],
        "object-src": ["'none'"],
    }
}
DATA_UPLOAD_MAX_MEMORY_SIZE = 256 * 1024
DATA_UPLOAD_MAX_NUMBER_FIELDS = 500

# --- Mail: only anchors of the books go out --------------------------------------------------------------------------
CASHDESK_ANCHOR_EMAIL = env.list("CASHDESK_ANCHOR_EMAIL", default=[])
_mail = env.email("EMAIL_URL", default="smtp://localhost:25")
EMAIL_BACKEND = _mail["EMAIL_BACKEND"]
EMAIL_HOST, EMAIL_PORT = _mail["EMAIL_HOST"], _mail["EMAIL_PORT"]
EMAIL_HOST_USER, EMAIL_HOST_PASSWORD = _mail["EMAIL_HOST_USER"] or "", _mail["EMAIL_HOST_PASSWORD"] or ""
EMAIL_USE_TLS, EMAIL_USE_SSL = _mail.get("EMAIL_USE_TLS", False), _mail.get("EMAIL_USE_SSL", False)
EMAIL_FILE_PATH = _mail["EMAIL_FILE_PATH"]
EMAIL_TIMEOUT = 20
DEFAULT_FROM_EMAIL = env.str("DEFAULT_FROM_EMAIL", default="cashdesk@localhost")

# --- Languages, static files, logs -----------------------------------------------------------------------------------
USE_I18N = True
USE_TZ = True
LANGUAGES = [("en", "English")]
LOCALE_PATHS = [BASE_DIR / "locale"]

STATIC_URL = "static/"
STATIC_ROOT = BASE_DIR / "staticfiles"
STATICFILES_DIRS = [BASE_DIR / "static"]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
}

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "{asctime} {levelname} {name}: {message}", "style": "{"}},
    "filters": {"no_tokens": {"()": "django.utils.log.CallbackFilter", "callback": tells_no_token}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line", "filters": ["no_tokens"]}},
    "root": {"handlers": ["console"], "level": "INFO"},
    "loggers": {"httpx": {"level": "WARNING"}},  # its INFO is every address asked, with logins in it
}
