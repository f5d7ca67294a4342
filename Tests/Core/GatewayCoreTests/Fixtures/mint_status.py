"""Writes status.bin beside this file: a google.rpc.Status with every detail, by Google's own classes.

Run `python3 mint_status.py` (needs Tests/requirements.txt) only to change the details.
"""

import pathlib
import sys

from google.protobuf import any_pb2
from google.rpc import error_details_pb2, status_pb2

HERE = pathlib.Path(__file__).parent
sys.path.insert(0, str(HERE.parents[2] / "EndToEnd" / "peers"))

from python_service import DETAILS, detail


class Problem:
    bad_fields = ["name", "count"]


status = status_pb2.Status(code=9, message="no")
for name in DETAILS:
    message = detail(name, Problem)
    if name == "bad_request":
        message.field_violations[0].reason = "NAME_TAKEN"
        message.field_violations[1].localized_message.CopyFrom(
            error_details_pb2.LocalizedMessage(locale="de", message="Zu viele."))
    packed = any_pb2.Any()
    packed.Pack(message)
    status.details.append(packed)
(HERE / "status.bin").write_bytes(status.SerializeToString(deterministic=True))
