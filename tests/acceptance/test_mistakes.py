"""Bad input: each gets a clear message with place and remedy and exit code 1, and nothing is lost."""

import os
import shutil
import subprocess
import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from acceptance.test_line import NETWORK, Case  # noqa: E402
from support.world import Inventory, free_port  # noqa: E402


class Mistakes(Case):
    def fails(self, *arguments: str, says: tuple, env: dict | None = None):
        done = self.stack.run(*arguments, check=1, env=env)
        for words in says:
            self.assertIn(words, flat(done.stderr), done.stderr)
        self.assertNotIn("panicked", done.stderr)
        return done

    def test_syntax_error(self):
        self.stack.write("main.tf", 'resource "aws_vpc" "a" {\n  cidr_block = \n}\n')
        self.fails("plan", str(self.stack.repo), says=("Error:", "main.tf line"))

    def test_several_mistakes_at_once(self):
        self.stack.write(
            "main.tf",
            'resource "aws_vpk" "a" {}\nresource "aws_vpc" "b" {\n  cidr_blok = "x"\n}\noutput "o" { value = local.nope }\n',
        )
        self.fails("plan", str(self.stack.repo), says=("nope", "main.tf line 5"))

    def test_unknown_resource_type(self):
        self.stack.write("main.tf", 'resource "aws_vpk" "a" {}\n')
        self.fails("plan", str(self.stack.repo), says=("aws_vpk", "Did you mean", "aws_vpc", "main.tf line 1"))

    def test_unsupported_argument(self):
        self.stack.write("main.tf", 'resource "aws_vpc" "a" {\n  cidr_blok = "10.0.0.0/16"\n}\n')
        self.fails("plan", str(self.stack.repo), says=("Unsupported argument", "cidr_blok", "main.tf line 2"))

    def test_missing_variable(self):
        self.stack.write("main.tf", 'variable "name" {}\noutput "o" { value = var.name }\n')
        self.fails("plan", str(self.stack.repo), says=("No value for required variable", "name", "TF_VAR_name"))

    def test_undeclared_variable(self):
        self.stack.write("main.tf", 'variable "name" { default = 1 }\n')
        self.fails("plan", str(self.stack.repo), "-var", "nam=1", says=("undeclared variable", "Did you mean"))

    def test_unreachable_endpoint(self):
        self.declare(NETWORK)
        url = f"http://127.0.0.1:{free_port()}"
        self.fails("apply", str(self.stack.repo), "-auto-approve", env={"AWS_ENDPOINT_URL": url}, says=(url, "AWS_ENDPOINT_URL"))
        self.stack.run("apply", str(self.stack.repo), "-auto-approve")
        self.assertEqual(len(Inventory(self.moto).subnets), 2)

    def test_no_credentials(self):
        self.declare(NETWORK)
        env = {"AWS_ACCESS_KEY_ID": "", "AWS_SECRET_ACCESS_KEY": ""}
        self.fails("apply", str(self.stack.repo), "-auto-approve", env=env, says=("redentials",))
        self.assertEqual(Inventory(self.moto).total(), 0)

    def test_not_a_repository(self):
        self.stack.write("main.tf", NETWORK)
        shutil.rmtree(self.stack.repo / ".git")
        self.fails("plan", str(self.stack.repo), "--revision", "main", says=("not", "repository"))
        self.fails("plan", str(self.stack.folder / "nowhere"), says=("nowhere",))

    def test_no_such_revision(self):
        self.declare(NETWORK)
        self.fails("plan", str(self.stack.repo), "--revision", "mian", says=("mian", "main"))

    def test_store_is_not_sqlite(self):
        self.declare(NETWORK)
        self.stack.store.write_bytes(b"precious bytes " * 500)
        self.fails("apply", str(self.stack.repo), "-auto-approve", says=("not an SQLite database", str(self.stack.store)))
        self.assertTrue(self.stack.store.read_bytes().startswith(b"precious bytes "))

    def test_store_is_read_only(self):
        self.declare(NETWORK)
        self.stack.run("apply", str(self.stack.repo), "-auto-approve")
        before = Inventory(self.moto).counts()
        if os.geteuid() == 0:
            if shutil.which("setpriv") is None or shutil.which("unshare") is None:
                self.skipTest("root writes to read-only files, and there is no unshare to mount them read-only")
            folder = self.stack.store.parent
            script = f"mount --bind {folder} {folder} && mount -o remount,ro,bind {folder} && exec \"$@\""
            command = ["unshare", "--mount", "sh", "-c", script, "sh"]
            probe = subprocess.run([*command, "true"], capture_output=True)
            if probe.returncode != 0:
                self.skipTest("mounting is not allowed here")
        else:
            self.stack.store.chmod(0o400)
            self.stack.store.parent.chmod(0o500)
            self.addCleanup(self.stack.store.parent.chmod, 0o700)
            command = []
        done = subprocess.run(
            [*command, *self.stack.command("apply", str(self.stack.repo), "-auto-approve", "-var", "name=two")],
            env=dict(self.stack.env, EVENKEEL_STORE=str(self.stack.store)),
            capture_output=True, text=True,
        )
        self.assertEqual(done.returncode, 1, done.stdout + done.stderr)
        self.assertIn("read-only", flat(done.stderr))
        self.assertEqual(Inventory(self.moto).counts(), before)

    def test_disk_full(self):
        self.declare(NETWORK)
        if os.geteuid() != 0 or shutil.which("unshare") is None:
            self.skipTest("a small file system needs root and unshare")
        small = self.stack.folder / "small"
        small.mkdir()
        script = (
            f"mount -t tmpfs -o size=256k tmpfs {small} && head -c 180k /dev/zero >{small}/filler && "
            f'"$@"; code=$?; cp {small}/state.db* {self.stack.folder}/ 2>/dev/null; exit $code'
        )
        if subprocess.run(["unshare", "--mount", "sh", "-c", f"mount -t tmpfs tmpfs {small}"], capture_output=True).returncode:
            self.skipTest("mounting is not allowed here")
        done = subprocess.run(
            ["unshare", "--mount", "sh", "-c", script, "sh",
             *self.stack.command("apply", str(self.stack.repo), "-auto-approve")],
            env=dict(self.stack.env, EVENKEEL_STORE=str(small / "state.db")),
            capture_output=True, text=True,
        )
        self.assertEqual(done.returncode, 1, done.stdout + done.stderr)
        self.assertIn("No space is left on the disk", flat(done.stderr), done.stderr)
        self.assertNotIn("panicked", done.stderr)

    def test_bad_arguments(self):
        self.fails("plan", "-nonsense", says=("-nonsense",))
        self.fails("state", "show", "not an address", says=("state",))

    def test_commands_without_state_say_so(self):
        self.fails("state", "list", says=("No state",))
        self.fails("history", says=("No state",))


def flat(text: str) -> str:
    """Boxed and wrapped text as one line."""
    return " ".join(line.lstrip("│╷╵ ").strip() for line in text.splitlines())


del Case

if __name__ == "__main__":
    unittest.main()
