"""Settings every environment shares. Each environment variable is read here, once, through ``oracle_project.env``."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import environ

from apps.monitoring import logs, multiprocess
from oracle_project import env
from oracle_project.redis_clients import redis_url
from oracle_project.theme import UNFOLD as UNFOLD  # noqa: PLC0414 - a setting, kept beside its callbacks

BASE_DIR = Path(__file__).resolve().parents[2]
ORACLE_HOME = (BASE_DIR / env.text("ORACLE_HOME")).resolve()

# Before any metric is made, django_prometheus's included.
multiprocess.prepare()

# Django ----------------------------------------------------------------------------------------------------------
SECRET_KEY = env.text("SECRET_KEY")
DEBUG = False
ALLOWED_HOSTS = env.listing("ALLOWED_HOSTS")
CSRF_TRUSTED_ORIGINS = env.listing("CSRF_TRUSTED_ORIGINS")
ROOT_URLCONF = "oracle_project.urls"
WSGI_APPLICATION = "oracle_project.wsgi.application"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
USE_TZ = True
TIME_ZONE = "UTC"
LANGUAGE_CODE = "en-us"
USE_I18N = False

INSTALLED_APPS = [
    # unfold must stand before the admin whose templates it replaces
    "unfold",
    "unfold.contrib.forms",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.humanize",
    "django.contrib.messages",
    "django.contrib.postgres",
    "django.contrib.sessions",
    "django.contrib.staticfiles",
    "django_prometheus",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "rest_framework",
    "apps.monitoring",
    "apps.sources",
    "apps.chain",
    "apps.feeds",
    "apps.scorecards",
    "apps.submissions",
    "apps.rounds",
    "apps.evidence",
    "apps.shadows",
    "apps.scheduler",
    "apps.api",
    "apps.web",
]
MIDDLEWARE = [
    "django_prometheus.middleware.PrometheusBeforeMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    # Inside whitenoise so that files stay files; outside the rest so that every error under /api/ is a problem.
    "apps.api.middleware.problems_under_api",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_prometheus.middleware.PrometheusAfterMiddleware",
]
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ]
        },
    }
]
STATIC_URL = "static/"
STATIC_ROOT = ORACLE_HOME / "static"
LOGIN_REDIRECT_URL = "admin:index"  # of a login form opened by itself, without ?next=
AUTH_PASSWORD_VALIDATORS: list[dict[str, Any]] = [
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]

# Servers ---------------------------------------------------------------------------------------------------------
DATABASES: dict[str, dict[str, Any]] = {
    "default": {
        **environ.Env.db_url_config(env.text("DATABASE_URL") or "postgres://oracle@127.0.0.1:5432/oracle"),
        "CONN_MAX_AGE": 60,
        "CONN_HEALTH_CHECKS": True,
    }
}
CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.redis.RedisCache",
        "LOCATION": redis_url(),
        "KEY_PREFIX": "oracle",
    }
}

# Chain -----------------------------------------------------------------------------------------------------------
ETH_RPC_URLS = env.listing("ETH_RPC_URLS")
CHAIN_ID = env.integer("CHAIN_ID")
CONTRACT_ADDRESS = env.text("CONTRACT_ADDRESS")
SIGNER_KEYSTORES = env.listing("SIGNER_KEYSTORES")
TRANSMITTER_KEYSTORE = env.text("TRANSMITTER_KEYSTORE")
SPARE_TRANSMITTERS = env.listing("SPARE_TRANSMITTERS")
ADMIN_KEYSTORE = env.text("ADMIN_KEYSTORE")
SIGNER_THRESHOLD = env.integer("SIGNER_THRESHOLD")
MAX_FEE_GWEI = env.integer("MAX_FEE_GWEI")
CONFIRMATIONS = env.integer("CONFIRMATIONS")
TRANSACTION_TIMEOUT_S = env.integer("TRANSACTION_TIMEOUT_S")
MIN_BALANCE_ETH = env.decimal("MIN_BALANCE_ETH")
READ_AGREEMENT = env.integer("READ_AGREEMENT")
RECEIPT_PATIENCE_S = env.integer("RECEIPT_PATIENCE_S")
FEE_STRATEGY = env.text("FEE_STRATEGY")
DATA_FEE = env.text("DATA_FEE")
BUMP_AFTER_BLOCKS = env.integer("BUMP_AFTER_BLOCKS")
MAX_IN_FLIGHT = env.integer("MAX_IN_FLIGHT")
FINALITY = env.text("FINALITY")
SEQUENCER_FEED = env.text("SEQUENCER_FEED")
SEQUENCER_GRACE_S = env.integer("SEQUENCER_GRACE_S")

# Market and rounds -----------------------------------------------------------------------------------------------
MARKET = env.text("MARKET")
MARKET_SIMULATOR_URL = env.text("MARKET_SIMULATOR_URL")
ROUND_INTERVAL_S = env.decimal("ROUND_INTERVAL_S")
SHADOW_INTERVAL_S = env.decimal("SHADOW_INTERVAL_S")
ROUND_DEADLINE_S = env.decimal("ROUND_DEADLINE_S")
QUIET_ROUND_RETENTION_S = env.integer("QUIET_ROUND_RETENTION_S")
EVIDENCE_RETENTION_DAYS = env.integer("EVIDENCE_RETENTION_DAYS")
ROUND_RETENTION_DAYS = env.integer("ROUND_RETENTION_DAYS")
READINESS_GRACE_S = env.integer("READINESS_GRACE_S")
FLOWER_PORT = env.integer("FLOWER_PORT")
PROMETHEUS_MULTIPROC_DIR = env.text("PROMETHEUS_MULTIPROC_DIR")

# REST API --------------------------------------------------------------------------------------------------------
REST_FRAMEWORK = {
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["rest_framework.parsers.JSONParser"],
    "DEFAULT_AUTHENTICATION_CLASSES": ["apps.api.authentication.ApiKeyAuthentication"],
    "DEFAULT_PERMISSION_CLASSES": ["apps.api.permissions.MayRead"],
    "DEFAULT_THROTTLE_CLASSES": ["apps.api.throttling.QuotaThrottle"],
    "EXCEPTION_HANDLER": "apps.api.problems.exception_handler",
    "NUM_PROXIES": env.integer("TRUSTED_PROXIES"),
    "UNAUTHENTICATED_USER": None,
}
API_OPEN_READS = env.switch("API_OPEN_READS")
API_ADDRESS_QUOTA = env.integer("API_ADDRESS_QUOTA")
SPECTACULAR_SETTINGS = {
    "TITLE": "Price Oracle API",
    "DESCRIPTION": "Prices as the contract says them, rounds, and where every number came from.",
    "VERSION": "1",
    "SERVE_INCLUDE_SCHEMA": False,
    "SERVE_AUTHENTICATION": [],
    "SERVE_PERMISSIONS": [],
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "ENUM_NAME_OVERRIDES": {
        "AnswerStateEnum": "apps.api.serializers.rounds.ANSWER_STATES",
        "HoldStateEnum": "apps.api.serializers.holds.HOLD_STATES",
        "RoundStatusEnum": "apps.api.serializers.rounds.ROUND_STATUSES",
    },
}

LOGGING: dict[str, Any] = logs.configuration(level=env.text("LOG_LEVEL"), style=env.text("LOG_FORMAT"))
