"""Values of the formats that OpenAPI leaves to an API, and ids that reach the database's rows."""

import base64
import os
import re

import schemathesis
from hypothesis import strategies as st

USERS = os.environ["USERS"].split(",")

uuids = st.uuids().map(str)
ids = st.sampled_from(USERS) | st.sampled_from(USERS).map(str.upper) | uuids

# From the first time that PostgreSQL holds to the last one that a bigint counts in microseconds.
micros = st.integers(-210_866_803_200_000_000, 2**63 - 1)


def cursor(parts):
    return base64.urlsafe_b64encode("{}.{}".format(*parts).encode()).decode().rstrip("=")


# The seeded model. A score is what its curve makes of the raw one, which JSON Schema cannot say.
VERSION = "v1.0.0"
CURVE = [(0.0, 0.0), (0.2, 0.18), (0.4, 0.39), (0.6, 0.62), (0.8, 0.81), (1.0, 1.0)]


def calibrated(raw):
    for (x0, y0), (x1, y1) in zip(CURVE, CURVE[1:]):
        if raw <= x1:
            return y0 + (raw - x0) / (x1 - x0) * (y1 - y0)
    return 1.0


def is_score(value):
    return isinstance(value, (int, float)) and not isinstance(value, bool) and 0 <= value <= 1


@schemathesis.hook
def map_body(context, body):
    """Makes a valid assessment one of the seeded model. What is wrong with another stays wrong."""
    if isinstance(body, dict) and is_score(body.get("raw_score")) and is_score(body.get("calibrated_score")):
        body = {**body, "calibrated_score": calibrated(body["raw_score"])}
        if re.fullmatch(r"v(0|[1-9]\d*)(\.(0|[1-9]\d*)){2}", str(body.get("model_version"))):
            body["model_version"] = VERSION
    if isinstance(body, dict):
        put_in_order(body.get("calibration_data"))
    return body


def put_in_order(data):
    """Makes a curve rise, and puts thresholds in order, where they are scores."""
    points = data.get("isotonic") if isinstance(data, dict) else None
    if isinstance(points, list) and all(isinstance(point, dict) and all(map(is_score, point.values())) for point in points):
        raws = sorted({point["raw"] for point in points if "raw" in point})
        if len(raws) == len(points) and all("calibrated" in point for point in points):
            scores = sorted(point["calibrated"] for point in points)
            data["isotonic"] = [{"raw": raw, "calibrated": score} for raw, score in zip(raws, scores)]
    thresholds = data.get("thresholds") if isinstance(data, dict) else None
    if isinstance(thresholds, dict) and set(map(is_score, thresholds.values())) == {True} and len(thresholds) == 2:
        low, high = sorted(thresholds.values())
        thresholds.update(prediabetes=low, diabetes=high)


schemathesis.openapi.format("uuid", ids)
schemathesis.openapi.format("ip", st.ip_addresses().map(str))
schemathesis.openapi.format("cursor", st.tuples(micros, uuids).map(cursor))
