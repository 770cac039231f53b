"""The project's settings on a throw-away cluster: the same engine, the same roles, nothing of the developer's own."""

import atexit
import os
import shutil
import sys
import tempfile

sys.dont_write_bytecode = False  # many processes start here: each would compile Django and all of us anew
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
for variable in ("DATABASE_URL", "DATABASE_OWNER_URL", "DEBUG", "SECRET_KEY", "ALLOWED_HOSTS", "EMAIL_URL", "EMAIL_FROM", "SITE_URL"):
    os.environ.pop(variable, None)
os.environ["ENSOMHED_VAR"] = tempfile.mkdtemp(prefix="ensomhed-test-", dir="/tmp")
os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "1"  # Playwright keeps a loop in the tests' thread; the site runs in threads of its own
atexit.register(shutil.rmtree, os.environ["ENSOMHED_VAR"], ignore_errors=True)

from ensomhed.settings import *  # noqa: E402, F403

PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]  # logging in is not what these tests are slow for
DATABASES["default"]["CONN_MAX_AGE"] = 0  # noqa: F405 — the site's threads end with their test: no connection stays behind in one
