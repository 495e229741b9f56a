"""Values of the formats that OpenAPI leaves to an API, and ids that reach the database's rows."""

import base64
import os

import schemathesis
from hypothesis import strategies as st

USERS = os.environ["USERS"].split(",")

uuids = st.uuids().map(str)
ids = st.sampled_from(USERS) | st.sampled_from(USERS).map(str.upper) | uuids

# From the first time that PostgreSQL holds to the last one that a bigint counts in microseconds.
micros = st.integers(-210_866_803_200_000_000, 2**63 - 1)


def cursor(parts):
    return base64.urlsafe_b64encode("{}.{}".format(*parts).encode()).decode().rstrip("=")


schemathesis.openapi.format("uuid", ids)
schemathesis.openapi.format("ip", st.ip_addresses().map(str))
schemathesis.openapi.format("cursor", st.tuples(micros, uuids).map(cursor))
