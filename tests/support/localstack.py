"""LocalStack in host mode, without Docker: a second stand-in for the AWS API. It is stricter than moto
in S3, and moto in EC2. It listens on a free loopback port, keeps its files in a directory of its own,
and ends with this object."""

import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path

from support.world import ROOT, Emulator, free_port

PYTHON = ROOT / ".venv-localstack" / "bin" / "python"
START_SECONDS = 180


class LocalStack(Emulator):
    name = "LocalStack"
    lacks = frozenset({"rds", "elasticache"})

    def __init__(self):
        port = free_port()
        super().__init__(f"http://127.0.0.1:{port}")
        self.folder = Path(tempfile.mkdtemp(prefix="evenkeel-localstack-"))
        environment = dict(
            {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "PYTHON"))},
            GATEWAY_LISTEN=f"127.0.0.1:{port}",
            FILESYSTEM_ROOT=str(self.folder),
            # Without these it asks the internet for a certificate and for news, answers DNS, and takes
            # a test machine for its own container.
            SKIP_SSL_CERT_DOWNLOAD="1",
            DISABLE_EVENTS="1",
            DNS_ADDRESS="0",
            OVERRIDE_IN_DOCKER="0",
        )
        with open(self.folder / "log", "wb") as log:
            self.process = subprocess.Popen(
                [str(PYTHON), "-m", "localstack.runtime.main"],
                cwd=self.folder, env=environment, stdout=log, stderr=log, start_new_session=True,
            )
        self.wait()
        # The first call to a service imports it.
        for service, call in (("s3", "list_buckets"), ("ec2", "describe_regions"), ("iam", "list_roles")):
            getattr(self.client(service), call)()

    def wait(self):
        deadline = time.monotonic() + START_SECONDS
        while True:
            try:
                with urllib.request.urlopen(f"{self.url}/_localstack/health", timeout=5) as answer:
                    json.load(answer)
                return
            except (OSError, ValueError):
                if self.process.poll() is not None or time.monotonic() > deadline:
                    log = (self.folder / "log").read_text(errors="replace")[-2000:]
                    self.stop()
                    sys.exit(f"error: LocalStack did not start\n{log}")
                time.sleep(0.1)

    def stop(self):
        if self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(20)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        shutil.rmtree(self.folder, ignore_errors=True)
