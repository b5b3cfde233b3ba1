# SPDX-License-Identifier: PostgreSQL
"""Settings of the Superset that the tests start: its own data in one file, no cache, nothing that reaches out."""
import os

SECRET_KEY = "a secret of a test"
SQLALCHEMY_DATABASE_URI = "sqlite:///" + os.environ["SUPERSET_HOME"] + "/superset.db"
TALISMAN_ENABLED = False
WTF_CSRF_ENABLED = False
RATELIMIT_ENABLED = False
PREVENT_UNSAFE_DB_CONNECTIONS = False
FEATURE_FLAGS = {"ESTIMATE_QUERY_COST": False}
LOG_LEVEL = "ERROR"
AUTH_ROLE_PUBLIC = "Admin"  # no page asks who one is
