"""`kill -9` of a running apply at random moments, then apply again: it converges, with nothing made
twice and nothing left behind. The API is asked, not the state."""

import os
import random
import sys
import time
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from support.world import ROOT, Inventory, Moto, Stack, end  # noqa: E402

ROUNDS = int(os.environ.get("EVENKEEL_KILLS", "20"))
SEED = int(os.environ.get("EVENKEEL_KILL_SEED", str(random.randrange(1_000_000))))
EXPECTED = {
    "vpcs": 1, "subnets": 2, "gateways": 1, "route_tables": 1, "groups": 1, "rules": 3,
    "instances": 2, "buckets": 1, "objects": 1,
}


class SuddenDeath(unittest.TestCase):
    def test_apply_survives_kill_at_any_moment(self):
        moto = Moto()
        self.addCleanup(moto.stop)
        chance = random.Random(SEED)
        print(f"killing {ROUNDS} times, EVENKEEL_KILL_SEED={SEED}", flush=True)
        whole = self.time_of_one(moto)
        killed, recovery = 0, 0.0
        for number in range(ROUNDS):
            with self.subTest(kill=number, seed=SEED):
                moto.reset()
                stack = Stack(moto.url, ROOT / "examples" / "quickstart")
                try:
                    repo = str(stack.repo)
                    run = stack.start("apply", repo, "-auto-approve", "-settle-time=1s", "-parallelism=3")
                    time.sleep(chance.uniform(0.1, 1.0) * whole)
                    killed += run.poll() is None
                    end(run)
                    began = time.monotonic()
                    stack.run("apply", repo, "-auto-approve", "-settle-time=1s")
                    recovery = max(recovery, time.monotonic() - began)
                    found = Inventory(moto)
                    self.assertEqual(found.counts(), EXPECTED)
                    stack.run("plan", repo, "-detailed-exitcode", check=0)
                    stack.run("destroy", repo, "-auto-approve")
                    self.assertEqual(Inventory(moto).total(), 0)
                finally:
                    stack.remove()
        print(f"{killed} of {ROUNDS} were still running when killed; slowest apply after it: {recovery:.1f} s", flush=True)
        self.assertGreater(killed, 0, "no kill came in time: the test proves nothing")

    def time_of_one(self, moto: Moto) -> float:
        stack = Stack(moto.url, ROOT / "examples" / "quickstart")
        self.addCleanup(stack.remove)
        began = time.monotonic()
        stack.run("apply", str(stack.repo), "-auto-approve", "-parallelism=3")
        return time.monotonic() - began


if __name__ == "__main__":
    unittest.main()
