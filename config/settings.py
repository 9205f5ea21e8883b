"""All settings, read top to bottom. Environment variables are listed in docs/operating.md.

Two profiles. Without SECRET_KEY in the environment Nod runs as the *demo*: loopback only, with
generated accounts and keys. With SECRET_KEY it runs as *production*: nothing is generated, and
`config/checks.py` stops the start on anything unsafe.
"""

from datetime import timedelta
from pathlib import Path
from urllib.parse import urlsplit

import dj_database_url
from django.templatetags.static import static
from kombu import Exchange, Queue

from config.demo_secrets import demo_secrets
from config.env import Env
from config.folders import private_folder
from config.redis import broker_url, results_url

env = Env()
BASE_DIR = Path(__file__).resolve().parent.parent

# ---- profile -------------------------------------------------------------------------------

DEMO = not env.text("SECRET_KEY")
# Everything Nod writes (database, models, socket, generated secrets) lies under this folder.
VAR_DIR = env.path("NOD_VAR", BASE_DIR / "var")
private_folder(VAR_DIR)

SECRET_KEY = demo_secrets(VAR_DIR).secret_key if DEMO else env.text("SECRET_KEY")
DEBUG = env.flag("DEBUG")

# ---- where the world finds us --------------------------------------------------------------

HOST = env.text("HOST", "127.0.0.1")
# For the demo in a container: HOST is then an address of the container's own network, and whoever
# started it vouches that its port is published on this machine's loopback alone (compose.yaml).
PUBLISHED_ON_LOOPBACK = env.flag("PUBLISHED_ON_LOOPBACK")
PORT = env.number("PORT", 8000, at_least=1, at_most=65_535)
# Providers sign the URL they were given, so it is configured, not guessed from the request.
PUBLIC_BASE_URL = env.url(
    "PUBLIC_BASE_URL", f"http://127.0.0.1:{PORT}" if DEMO else "", schemes=("http", "https")
).rstrip("/")
# Under which they call us as well: a fallback URL on another host.
FURTHER_BASE_URLS = [
    each.rstrip("/") for each in env.urls("FURTHER_BASE_URLS", schemes=("http", "https"))
]
ALLOWED_HOSTS = [
    urlsplit(PUBLIC_BASE_URL).hostname or "localhost",
    *(urlsplit(each).hostname or "" for each in FURTHER_BASE_URLS),
    *env.words("ALLOWED_HOSTS"),
]
if DEMO:
    ALLOWED_HOSTS += ["127.0.0.1", "localhost"]
_origin = urlsplit(PUBLIC_BASE_URL)
CSRF_TRUSTED_ORIGINS = [f"{_origin.scheme}://{_origin.netloc}"] if PUBLIC_BASE_URL else []

# Only a proxy that sets (and strips) these headers itself may be trusted with them.
TRUST_PROXY_HEADERS = env.flag("TRUST_PROXY_HEADERS")
USE_X_FORWARDED_HOST = TRUST_PROXY_HEADERS
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if TRUST_PROXY_HEADERS else None

WEB_WORKERS = env.number("WEB_WORKERS", 2, at_least=1)
# Train the first model before serving if there is none; the baseline reads without it.
TRAIN_AT_START = env.flag("TRAIN_AT_START", True)

# ---- apps ----------------------------------------------------------------------------------

INSTALLED_APPS = [
    "unfold",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.humanize",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "django_htmx",
    "csp",
    "axes",
    "ninja",  # installed so that the API page takes its scripts from here, not from a CDN
    "config.apps.NodConfig",
    "classifier",
    "webhooks",
    "labelgame",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "config.csp.admin_policy",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "axes.middleware.AxesMiddleware",  # last, as it asks for
]

ROOT_URLCONF = "config.urls"
WSGI_APPLICATION = "config.wsgi.application"
LOGIN_URL = "admin:login"
LOGIN_REDIRECT_URL = "admin:index"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
        },
    },
]

# ---- database ------------------------------------------------------------------------------

DATABASES = {
    "default": dj_database_url.parse(
        env.url(
            "DATABASE_URL",
            f"sqlite:///{VAR_DIR / 'nod.sqlite3'}",
            schemes=("postgres", "postgresql", "sqlite"),
        ),
        # Threads of the server live long: a connection each saves opening a file per request.
        conn_max_age=600,
        conn_health_checks=True,
    )
}
if DATABASES["default"]["ENGINE"] == "django.db.backends.sqlite3":
    DATABASES["default"]["OPTIONS"] = {
        # IMMEDIATE takes the write lock at BEGIN: two writers queue up instead of failing.
        "transaction_mode": "IMMEDIATE",
        "timeout": 20,  # seconds a writer waits for the one before it
        # FULL, because a 2xx to the provider promises that the message survives a power cut.
        "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;",
    }
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# ---- queue ---------------------------------------------------------------------------------

# Without REDIS_URL the parent process starts a Redis of its own on this socket.
REDIS_URL = env.url("REDIS_URL", schemes=("redis", "rediss", "unix"))
CELERY_BROKER_URL = broker_url(REDIS_URL, VAR_DIR)
# Only what `classify --distributed` sends has results: readings, without the texts. What nobody
# fetches, because the one who asked was killed, is gone after ten minutes.
RESULTS_URL = results_url(REDIS_URL, VAR_DIR)
CELERY_RESULT_EXPIRES = 600  # seconds
CELERY_REDIS_SOCKET_CONNECT_TIMEOUT = 0.5
CELERY_REDIS_SOCKET_TIMEOUT = 5
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_SERIALIZER = "json"
CELERY_ACCEPT_CONTENT = ["json"]
CELERY_TIMEZONE = "UTC"
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_CONNECTION_MAX_RETRIES = None
# A lost nudge is found by the sweep: never let a slow or dead Redis hold up a request.
CELERY_TASK_PUBLISH_RETRY = False
CELERY_BROKER_TRANSPORT_OPTIONS = {
    "socket_connect_timeout": 0.5,
    "socket_timeout": 5,
    # Seconds after which an unfinished task is handed to another worker: longer than a training may
    # take (classifier/trainings.py), or two would train at once.
    "visibility_timeout": 7 * 3600,
}
CELERY_TASK_ROUTES = {
    "webhooks.tasks.read_waiting": {"queue": "reading"},
    "webhooks.tasks.deliver_due": {"queue": "delivery"},
    "webhooks.tasks.add_examples": {"queue": "delivery"},
    "webhooks.tasks.sweep": {"queue": "delivery"},
    "webhooks.tasks.look_for_drift": {"queue": "delivery"},
    "webhooks.tasks.look_for_incidents": {"queue": "delivery"},
    "classifier.tasks.train_waiting": {"queue": "training"},
    "classifier.tasks.see_to_training": {"queue": "delivery"},
    "classifier.tasks.read_chunk": {"queue": "files"},
    "classifier.tasks.forget_abandoned_chunks": {"queue": "delivery"},
    "labelgame.tasks.see_to_game": {"queue": "delivery"},
    "labelgame.tasks.read_again": {"queue": "reading"},
    # With trainings, one after another: each takes what readings leave of the machine.
    "labelgame.tasks.weigh": {"queue": "training"},
    "labelgame.tasks.look_again": {"queue": "training"},
    "webhooks.tasks.shadow_newest": {"queue": "training"},
}
# Its tasks carry texts: a queue that no worker empties is deleted by Redis itself after a while.
FILES_QUEUE_SECONDS = 600  # longer than classify waits for a worker (classifier/distributed.py)
CELERY_TASK_QUEUES = [
    Queue("files", Exchange("files"), routing_key="files", expires=FILES_QUEUE_SECONDS)
]
SWEEP_SECONDS = env.number("SWEEP_SECONDS", 5, at_least=1)
SEE_TO_TRAINING_SECONDS = env.number("SEE_TO_TRAINING_SECONDS", 60, at_least=1)
LOOK_FOR_DRIFT_SECONDS = env.number("LOOK_FOR_DRIFT_SECONDS", 3600, at_least=1)
LOOK_FOR_INCIDENTS_SECONDS = env.number("LOOK_FOR_INCIDENTS_SECONDS", 3600, at_least=1)
LOOK_FOR_CANDIDATES_SECONDS = env.number("LOOK_FOR_CANDIDATES_SECONDS", 300, at_least=1)
SEE_TO_GAME_SECONDS = env.number("SEE_TO_GAME_SECONDS", 5, at_least=1)
WEIGH_SECONDS = env.number("WEIGH_SECONDS", 120, at_least=1)
LOOK_AGAIN_SECONDS = env.number("LOOK_AGAIN_SECONDS", 86_400, at_least=1)
CELERY_BEAT_SCHEDULE = {
    "sweep": {
        "task": "webhooks.tasks.sweep",
        "schedule": SWEEP_SECONDS,
        # A sweep that waited longer than the next one is due says nothing new.
        "options": {"expires": SWEEP_SECONDS},
    },
    "see to training": {
        "task": "classifier.tasks.see_to_training",
        "schedule": SEE_TO_TRAINING_SECONDS,
        "options": {"expires": SEE_TO_TRAINING_SECONDS},
    },
    "look for drift": {
        "task": "webhooks.tasks.look_for_drift",
        "schedule": LOOK_FOR_DRIFT_SECONDS,
        "options": {"expires": LOOK_FOR_DRIFT_SECONDS},
    },
    "look for incidents": {
        "task": "webhooks.tasks.look_for_incidents",
        "schedule": LOOK_FOR_INCIDENTS_SECONDS,
        "options": {"expires": LOOK_FOR_INCIDENTS_SECONDS},
    },
    "look for candidates": {
        "task": "webhooks.tasks.shadow_newest",
        "schedule": LOOK_FOR_CANDIDATES_SECONDS,
        "options": {"expires": LOOK_FOR_CANDIDATES_SECONDS},
    },
    "forget abandoned chunks": {
        "task": "classifier.tasks.forget_abandoned_chunks",
        "schedule": FILES_QUEUE_SECONDS,
        "options": {"expires": FILES_QUEUE_SECONDS},
    },
    "see to the game": {
        "task": "labelgame.tasks.see_to_game",
        "schedule": SEE_TO_GAME_SECONDS,
        "options": {"expires": SEE_TO_GAME_SECONDS},
    },
    "read cards again": {
        "task": "labelgame.tasks.read_again",
        "schedule": SEE_TO_GAME_SECONDS,
        "options": {"expires": SEE_TO_GAME_SECONDS},
    },
    "weigh all answers": {
        "task": "labelgame.tasks.weigh",
        "schedule": WEIGH_SECONDS,
        "options": {"expires": WEIGH_SECONDS},
    },
    "look again at old labels": {
        "task": "labelgame.tasks.look_again",
        "schedule": LOOK_AGAIN_SECONDS,
        "options": {"expires": LOOK_AGAIN_SECONDS},
    },
}

# ---- receiving and telling -----------------------------------------------------------------

# Providers' texts are at most 1,600 characters; with every parameter a form stays far below.
DATA_UPLOAD_MAX_MEMORY_SIZE = 2_000_000  # bytes; POST /api/v1/classify takes up to 1,000 replies
DATA_UPLOAD_MAX_NUMBER_FIELDS = 500
# A claim older than this belongs to a dead worker. Longer than the slowest honest batch.
CLAIM_LEASE_SECONDS = env.number("CLAIM_LEASE_SECONDS", 60, at_least=1)
# Empty: the schedule that docs/webhooks.md promises (webhooks/retries.py).
DELIVERY_RETRY_DELAYS = env.numbers("DELIVERY_RETRY_DELAYS", ())
DELIVERY_TIMEOUT_SECONDS = env.number("DELIVERY_TIMEOUT_SECONDS", 15, at_least=1)
# Endpoints on this very machine are for trying Nod out, never for production.
ALLOW_LOOPBACK_ENDPOINTS = DEMO

# ---- classifier ----------------------------------------------------------------------------

MODELS_DIR = env.path("MODELS_DIR", VAR_DIR / "models")
# Empty: the base model that came with the requirements. Else a checkpoint folder or hub name.
BASE_MODEL = env.text("BASE_MODEL")
TAXONOMY_FILE = env.path("TAXONOMY_FILE", BASE_DIR / "classifier" / "taxonomy.toml")
# Rows of this installation's own, as JSON lines: every training learns from them, too.
ROWS_DIR = env.path("ROWS_DIR", VAR_DIR / "rows")
# A training by itself: after so many new rows, or when the live version is so old, but no oftener.
RETRAIN_AFTER_ROWS = env.number("RETRAIN_AFTER_ROWS", 200, at_least=1)
RETRAIN_AFTER_DAYS = env.number("RETRAIN_AFTER_DAYS", 30, at_least=1)
RETRAIN_AT_MOST_EVERY_HOURS = env.number("RETRAIN_AT_MOST_EVERY_HOURS", 24, at_least=0)
# … or when what comes in has changed: the live version's first readings against its last. A window
# is as many days long, whole weeks at best, because Mondays do not text like Saturdays; and longer
# where it would hold fewer readings, because shares of a few are chance (classifier/drift.py says
# nothing below 500). Windows that long also mean that a feast day is no drift.
DRIFT_WINDOW_DAYS = env.number("DRIFT_WINDOW_DAYS", 7, at_least=1)
DRIFT_WINDOW_READINGS = env.number("DRIFT_WINDOW_READINGS", 500, at_least=500)
# Of the texts that are read, surely or not, so many are drawn by lot for people to label, and never
# learnt from: what they say of the live version is true of all texts, not of the doubtful ones. Of
# 1,000 texts a day, 20 are two rounds of the game.
EXAMPLES_RANDOM_SHARE = env.share("EXAMPLES_RANDOM_SHARE", 0.02)
# What a killed training loses at most. The bundled model's checkpoint takes half a second to write;
# one of a base model twenty times as large takes longer and should be written less often.
CHECKPOINT_SECONDS = env.number("CHECKPOINT_SECONDS", 20, at_least=1)
# Padded tokens of a batch of readings; 0 takes what the engine is quickest with (256 on a CPU).
READER_TOKEN_BUDGET = env.number("READER_TOKEN_BUDGET", 0)
# The starter set is English and Spanish. A model that was trained on other languages reads them.
READER_SPOTS_UNFAMILIAR = env.flag("READER_SPOTS_UNFAMILIAR", True)

# ---- safety --------------------------------------------------------------------------------

_https = PUBLIC_BASE_URL.startswith("https://")
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = _https
SECURE_SSL_REDIRECT = _https
# Providers do not follow redirects, and a health probe comes from inside.
SECURE_REDIRECT_EXEMPT = [r"^webhooks/", r"^healthz$"]
SECURE_HSTS_SECONDS = 31_536_000 if _https else 0  # a year
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = _https
X_FRAME_OPTIONS = "DENY"
AUTH_PASSWORD_VALIDATORS = [
    {
        "NAME": "django.contrib.auth.password_validation.MinimumLengthValidator",
        "OPTIONS": {"min_length": 12},
    },
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
AUTHENTICATION_BACKENDS = [
    "axes.backends.AxesStandaloneBackend",  # first: it lets nobody in, and some not any further
    "django.contrib.auth.backends.ModelBackend",
]
AXES_FAILURE_LIMIT = 10  # wrong passwords for one name from one address
AXES_COOLOFF_TIME = timedelta(minutes=15)
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_CLIENT_IP_CALLABLE = "config.guesses.address_of"
AXES_LOCKOUT_CALLABLE = "config.guesses.too_many"
AXES_RESET_ON_SUCCESS = True
# The wait ends, however often somebody tries meanwhile.
AXES_RESET_COOL_OFF_ON_FAILURE_DURING_LOCKOUT = False
# Kept while it counts, and nothing else of anybody: no diary of who came when, no forms.
AXES_DISABLE_ACCESS_LOG = True
AXES_SENSITIVE_PARAMETERS = ["username", "csrfmiddlewaretoken", "next"]
AXES_ENABLE_ADMIN = False
CONTENT_SECURITY_POLICY = {
    # The admin's scripts (Alpine.js) evaluate expressions; config/csp.py loosens it there only.
    "DIRECTIVES": {
        "default-src": ["'self'"],
        "img-src": ["'self'", "data:"],
        "object-src": ["'none'"],
        "base-uri": ["'none'"],
        "form-action": ["'self'"],
        "frame-ancestors": ["'none'"],
    }
}

# ---- pages ---------------------------------------------------------------------------------

LANGUAGE_CODE = "en-us"
USE_I18N = False
USE_TZ = True
TIME_ZONE = "UTC"
FORMAT_MODULE_PATH = "config.formats"
STATIC_URL = "static/"
STATIC_ROOT = VAR_DIR / "static"
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
}
UNFOLD = {
    "SITE_TITLE": "Nod",
    "SITE_HEADER": "Nod",
    "SITE_SUBHEADER": "reads what people text back",
    "SITE_URL": "/simulator/",
    "SHOW_VIEW_ON_SITE": False,
    "SITE_ICON": lambda request: static("nod/logo.svg"),
    "SITE_FAVICONS": [
        {"rel": "icon", "type": "image/svg+xml", "href": lambda request: static("nod/favicon.svg")}
    ],
    "ENVIRONMENT": ["demo", "warning"] if DEMO else None,
    "STYLES": [
        lambda request: static("nod/admin.css"),
        lambda request: static("classifier/report.css"),
    ],
    "SCRIPTS": [lambda request: static("nod/admin.js")],
    "SIDEBAR": {"navigation": "config.sidebar.navigation"},
    "DASHBOARD_CALLBACK": "config.overview.overview",
    "COLORS": {
        # The accent of config/static/nod/nod.css (600) from light to dark.
        "primary": {
            "50": "oklch(97.6% .011 208)",
            "100": "oklch(94.4% .026 208)",
            "200": "oklch(88.5% .048 208)",
            "300": "oklch(80% .075 208)",
            "400": "oklch(70.5% .092 209)",
            "500": "oklch(64% .093 210)",
            "600": "oklch(44.5% .077 213)",
            "700": "oklch(38.5% .066 213)",
            "800": "oklch(33.5% .056 214)",
            "900": "oklch(28.5% .046 214)",
            "950": "oklch(21% .034 215)",
        }
    },
}

# ---- logs ----------------------------------------------------------------------------------

# Bodies and numbers never reach a log: our own lines name rows by id.
LOG_LEVEL = env.choice("LOG_LEVEL", "info", ("debug", "info", "warning", "error", "critical"))
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "filters": {"without_errors_words": {"()": "config.logs.WithoutErrorsWords"}},
    "formatters": {
        "line": {
            "()": "config.logs.Formatter",
            "format": "%(asctime)s %(levelname)s %(name)s: %(message)s",
        }
    },
    "handlers": {
        "console": {
            "class": "logging.StreamHandler",
            "formatter": "line",
            "filters": ["without_errors_words"],
        }
    },
    "root": {"handlers": ["console"], "level": LOG_LEVEL.upper()},
    "loggers": {
        "django": {"handlers": ["console"], "level": "INFO", "propagate": False},
        # An unsigned request is the internet's weather, not an error of ours.
        "django.security": {"level": "ERROR"},
        "django.request": {"level": "ERROR"},
        "celery.app.trace": {"level": "WARNING"},
        "axes": {"level": "CRITICAL"},  # it would tell names and addresses
    },
}
