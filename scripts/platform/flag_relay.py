"""GO Feature Flag's own evaluation engine behind the relay's HTTP interface: PyPI has the engine, and nobody has the relay as a package.

usage: flag_relay.py PORT FILE      the file is read again for every question
"""

import hashlib
import http.server
import json
import sys

import yaml
from gofeatureflag_python_provider.wasm import EvaluateWasm, WasmFlagContext, WasmInput

LONGEST_QUESTION = 1 << 20
EVALUATE = "/ofrep/v1/evaluate/flags"
engine = EvaluateWasm(pool_size=2)


def flags():
    """The flags of the file, and a tag that changes with it."""
    with open(sys.argv[2], "rb") as file:
        content = file.read()
    return yaml.safe_load(content) or {}, f'"{hashlib.sha256(content).hexdigest()[:32]}"'


def evaluated(name, flag, context):
    found = engine.evaluate(WasmInput(flagKey=name, flag=flag, evalContext=context, flagContext=WasmFlagContext()))
    if found.errorCode:
        return {"key": name, "errorCode": found.errorCode, "errorDetails": found.errorDetails}
    return {"key": name, "value": found.value, "reason": found.reason, "variant": found.variationType, "metadata": found.metadata or {}}


class Relay(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        self.answer(*((200, {"initialized": True}) if self.path == "/health" else (404, {"message": "Not Found"})))

    def do_POST(self):
        length = int(self.headers.get("Content-Length") or 0)
        if length > LONGEST_QUESTION:
            return self.answer(413, {"message": "too large"})
        try:
            asked = json.loads(self.rfile.read(length) or b"{}")
            known, tag = flags()
        except (ValueError, OSError, yaml.YAMLError) as error:
            return self.answer(400, {"errorCode": "PARSE_ERROR", "errorDetails": str(error)})
        isSame = self.headers.get("If-None-Match") == tag
        if self.path == "/v1/flag/configuration":
            return self.answer(304, None, tag) if isSame else self.answer(200, {"flags": known, "evaluationContextEnrichment": {}}, tag)
        if not self.path.startswith(EVALUATE):
            return self.answer(404, {"message": "Not Found"})
        context = asked.get("context") or {}
        if not context.get("targetingKey"):
            return self.answer(400, {"errorCode": "TARGETING_KEY_MISSING"})
        name = self.path[len(EVALUATE):].strip("/")
        if not name:
            everything = {"flags": [evaluated(key, flag, context) for key, flag in known.items()]}
            return self.answer(304, None, tag) if isSame else self.answer(200, everything, tag)
        if name not in known:
            return self.answer(404, {"key": name, "errorCode": "FLAG_NOT_FOUND"})
        self.answer(200, evaluated(name, known[name], context))

    def answer(self, status, content, tag=None):
        body = b"" if content is None else json.dumps(content).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        if tag:
            self.send_header("ETag", tag)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


if __name__ == "__main__":
    engine.initialize()
    http.server.ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), Relay).serve_forever()
