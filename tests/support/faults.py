"""A proxy in front of another server (moto) that makes calls go wrong: declined, an internal error, or a
connection that is closed, each before or after the call took effect. What happens to a call follows from
the seed, the action, and how many calls of it there were."""

import hashlib
import http.client
import re
import threading
from collections import Counter
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit

KINDS = ("throttle", "error_before", "error_after", "close_before", "close_after", "cut_answer")
QUERY_ERROR = "<Response><Errors><Error><Code>{code}</Code><Message>{code}</Message></Error></Errors></Response>"
S3_ERROR = "<Error><Code>{code}</Code><Message>{code}</Message></Error>"


def draw(*parts) -> float:
    """A number from 0 up to 1 that follows from its parts."""
    digest = hashlib.sha256("\0".join(map(str, parts)).encode()).digest()
    return int.from_bytes(digest[:8], "big") / 2**64


class FaultProxy:
    """Listens on a free loopback port and ends with stop()."""

    def __init__(self, target: str, rate: float, seed: int):
        self.target = urlsplit(target).netloc
        self.rate, self.seed = rate, seed
        self.calls, self.faults = Counter(), Counter()
        self.lock = threading.Lock()
        proxy = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def log_message(self, *_):
                pass

            def handle_one_request(self):
                try:
                    super().handle_one_request()
                except (ConnectionError, http.client.HTTPException):
                    self.close_connection = True

            def answer(self):
                proxy.answer(self)

            do_GET = do_PUT = do_POST = do_DELETE = do_HEAD = answer  # noqa: N815

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def fault(self, action: str):
        with self.lock:
            self.calls[action] += 1
            number = self.calls[action]
        if draw(self.seed, "fault", action, number) >= self.rate:
            return None
        kind = KINDS[int(draw(self.seed, "kind", action, number) * len(KINDS))]
        with self.lock:
            self.faults[kind] += 1
        return kind

    def answer(self, handler):
        body = handler.rfile.read(int(handler.headers.get("content-length") or 0))
        action = re.match(rb"Action=(\w+)", body)
        name = action[1].decode() if action else f"s3 {handler.command}"
        kind = self.fault(name)
        if kind == "close_before":
            handler.close_connection = True
            return
        if kind in ("throttle", "error_before"):
            self.refuse(handler, kind, bool(action))
            return
        status, headers, content = self.forward(handler, body)
        if kind == "close_after":
            handler.close_connection = True
        elif kind == "error_after":
            self.refuse(handler, kind, bool(action))
        else:
            self.send(handler, status, headers, content, cut=kind == "cut_answer")

    def forward(self, handler, body: bytes):
        connection = http.client.HTTPConnection(self.target, timeout=120)
        try:
            connection.request(handler.command, handler.path, body, dict(handler.headers))
            answer = connection.getresponse()
            return answer.status, answer.getheaders(), answer.read()
        finally:
            connection.close()

    def refuse(self, handler, kind: str, query: bool):
        throttled = "RequestLimitExceeded" if query else "SlowDown"
        code, status = (throttled, 503) if kind == "throttle" else ("InternalError", 500)
        text = (QUERY_ERROR if query else S3_ERROR).format(code=code)
        self.send(handler, status, [("Content-Type", "text/xml")], text.encode())

    def send(self, handler, status: int, headers: list, content: bytes, cut: bool = False):
        handler.send_response_only(status)
        dropped = ("connection", "transfer-encoding", "content-length")
        is_head = handler.command == "HEAD"
        for name, value in headers:
            if name.lower() not in dropped or (is_head and name.lower() == "content-length"):
                handler.send_header(name, value)
        if not is_head:
            handler.send_header("Content-Length", str(len(content)))
        handler.end_headers()
        if is_head:
            return
        handler.wfile.write(content[: len(content) // 2] if cut else content)
        if cut:
            handler.close_connection = True

    def stop(self):
        self.server.shutdown()
        self.server.server_close()
