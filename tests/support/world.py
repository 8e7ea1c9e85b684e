"""What the demo, the acceptance tests and the benchmarks share: a moto server on a free loopback
port, a Git repository, the built binary, and a look at the API with boto3. Whatever is started here
is ended here."""

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
REGION = "us-east-1"
# Without credentials of our own boto3 and the SDK would look for real ones.
CREDENTIALS = {
    "AWS_ACCESS_KEY_ID": "testing",
    "AWS_SECRET_ACCESS_KEY": "testing",
    "AWS_DEFAULT_REGION": REGION,
    "AWS_EC2_METADATA_DISABLED": "true",
}


def binary() -> Path:
    """The evenkeel binary that `cargo build --release` made."""
    target = Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target"))
    found = Path(os.environ.get("EVENKEEL_BIN", target / "release" / "evenkeel"))
    if not found.is_file():
        sys.exit(f"error: {found} is not there; run `make release` first")
    return found


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Emulator:
    """A stand-in for the AWS API that runs already; whoever started it ends it."""

    name = "emulator"
    # The services that it does not have.
    lacks = frozenset()

    def __init__(self, url: str):
        self.url = url

    def client(self, service: str, region: str = REGION):
        import boto3

        return boto3.client(
            service,
            endpoint_url=self.url,
            region_name=region,
            aws_access_key_id="testing",
            aws_secret_access_key="testing",
        )

    def reset(self):
        """Forgets what a case left behind."""

    def stop(self):
        pass


class Moto(Emulator):
    """A moto server. It listens on the loopback interface and ends with this object."""

    name = "moto"

    def __init__(self):
        port = free_port()
        super().__init__(f"http://127.0.0.1:{port}")
        environment = dict(
            os.environ,
            MOTO_IAM_LOAD_MANAGED_POLICIES="true",
            MOTO_EC2_ENABLE_INSTANCE_TYPE_VALIDATION="true",
            MOTO_ENABLE_AMI_VALIDATION="true",
        )
        server = Path(sys.executable).parent / "moto_server"
        self.process = subprocess.Popen(
            [str(server), "-H", "127.0.0.1", "-p", str(port)],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            env=environment,
        )
        deadline = time.monotonic() + 60
        while True:
            try:
                urllib.request.urlopen(f"{self.url}/moto-api/", timeout=5).read()
                break
            except OSError:
                if self.process.poll() is not None or time.monotonic() > deadline:
                    self.stop()
                    sys.exit("error: the moto server did not start")
                time.sleep(0.05)
        # The first call to EC2 imports a lot.
        self.client("ec2").describe_regions()

    def reset(self):
        request = urllib.request.Request(f"{self.url}/moto-api/reset", method="POST", data=b"")
        urllib.request.urlopen(request, timeout=600).read()

    def stop(self):
        if self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(10)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()


class Inventory:
    """What the API has, apart from what every account is born with."""

    def __init__(self, moto: Moto):
        ec2, s3 = moto.client("ec2"), moto.client("s3")
        vpcs = [v for v in ec2.describe_vpcs()["Vpcs"] if not v["IsDefault"]]
        own = {v["VpcId"] for v in vpcs}
        self.vpcs = own
        self.subnets = {s["SubnetId"] for s in ec2.describe_subnets()["Subnets"] if s["VpcId"] in own}
        self.gateways = {g["InternetGatewayId"] for g in ec2.describe_internet_gateways()["InternetGateways"]}
        tables = [t for t in ec2.describe_route_tables()["RouteTables"] if t["VpcId"] in own]
        self.route_tables = {
            t["RouteTableId"] for t in tables if not any(a.get("Main") for a in t["Associations"])
        }
        groups = ec2.describe_security_groups()["SecurityGroups"]
        self.groups = {
            g["GroupId"] for g in groups if g["GroupName"] != "default" and g.get("VpcId") in own
        }
        rules = ec2.describe_security_group_rules()["SecurityGroupRules"]
        self.rules = {r["SecurityGroupRuleId"]: r for r in rules if r["GroupId"] in self.groups}
        instances = [i for r in ec2.describe_instances()["Reservations"] for i in r["Instances"]]
        self.instances = {
            i["InstanceId"]: i
            for i in instances
            if i["State"]["Name"] not in ("terminated", "shutting-down")
        }
        self.buckets = {b["Name"] for b in s3.list_buckets()["Buckets"]}
        self.objects = {
            (bucket, o["Key"])
            for bucket in self.buckets
            for o in s3.list_objects_v2(Bucket=bucket).get("Contents", [])
        }

    def counts(self) -> dict:
        return {name: len(value) for name, value in vars(self).items()}

    def total(self) -> int:
        return sum(self.counts().values())


def tags(thing: dict) -> dict:
    return {t["Key"]: t["Value"] for t in thing.get("Tags", [])}


class Stack:
    """A Git repository with a configuration, a store file, and the binary to work on both."""

    def __init__(self, moto_url: str, example: Path | None = None):
        self.folder = Path(tempfile.mkdtemp(prefix="evenkeel-"))
        self.repo = self.folder / "infra"
        self.store = self.folder / "state.db"
        if example:
            shutil.copytree(example, self.repo, ignore=shutil.ignore_patterns(".evenkeel", ".git"))
        else:
            self.repo.mkdir()
        home = self.folder / "home"
        home.mkdir()
        # Neither the machine's Git and AWS settings nor its variables reach the test.
        keep = {k: v for k, v in os.environ.items() if not k.startswith(("AWS_", "TF_", "EVENKEEL_", "GIT_"))}
        self.env = dict(
            keep,
            **CREDENTIALS,
            HOME=str(home),
            GIT_CONFIG_GLOBAL=os.devnull,
            GIT_AUTHOR_NAME="Ada Keel",
            GIT_AUTHOR_EMAIL="ada@example.com",
            GIT_COMMITTER_NAME="Ada Keel",
            GIT_COMMITTER_EMAIL="ada@example.com",
            AWS_ENDPOINT_URL=moto_url,
            NO_COLOR="1",
        )
        for name in ("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"):
            self.env.pop(name, None)
        self.git("init", "-q", "-b", "main")
        if example:
            self.commit("A network, two instances and a bucket")

    def git(self, *arguments: str) -> str:
        command = ["git", "-C", str(self.repo), *arguments]
        return subprocess.run(command, env=self.env, check=True, capture_output=True, text=True).stdout.strip()

    def commit(self, message: str) -> str:
        self.git("add", "-A")
        self.git("commit", "-q", "-m", message)
        return self.git("rev-parse", "HEAD")

    def write(self, path: str, text: str):
        file = self.repo / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)

    def command(self, *arguments: str) -> list:
        return [str(binary()), *arguments]

    def run(self, *arguments: str, check: int | None = 0, env: dict | None = None, stdin: str = "", timeout=300):
        """Runs the binary on the repository's store."""
        environment = dict(self.env, EVENKEEL_STORE=str(self.store), **(env or {}))
        done = subprocess.run(
            self.command(*arguments), env=environment, capture_output=True, text=True, input=stdin,
            timeout=timeout, cwd=self.folder,
        )
        if check is not None and done.returncode != check:
            shown = f"{done.stdout}\n{done.stderr}"
            raise AssertionError(f"evenkeel {' '.join(arguments)}: exit code {done.returncode}, not {check}\n{shown}")
        return done

    def start(self, *arguments: str) -> subprocess.Popen:
        environment = dict(self.env, EVENKEEL_STORE=str(self.store))
        return subprocess.Popen(
            self.command(*arguments), env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
            text=True, cwd=self.folder,
        )

    def json_lines(self, *arguments: str, check: int | None = 0) -> list:
        done = self.run(*arguments, "-json", check=check)
        return [json.loads(line) for line in done.stdout.splitlines() if line.strip()]

    def remove(self):
        shutil.rmtree(self.folder, ignore_errors=True)


def end(process: subprocess.Popen, how: int = signal.SIGKILL):
    if process.poll() is None:
        process.send_signal(how)
    process.wait(60)
    if process.stdout:
        process.stdout.close()
