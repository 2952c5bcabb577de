"""A seeded sample of docs/conformance.md: no test or network is worse than it was."""

import os
import sys
import unittest

import peers

sys.path.insert(0, str(peers.ROOT / "scripts"))
from conform import sample  # noqa: E402

SEED = 1
CASES, NETWORKS = (20, 0) if "QCONVERT_SMALL" in os.environ else (60, 6)


class Conformance(unittest.TestCase):
    def test_a_sample_is_as_recorded(self):
        worse = list(sample.differences(CASES, NETWORKS, SEED, peers.fresh_folder("conformance")))
        self.assertEqual(worse, [], "scripts/conformance writes what is known")


if __name__ == "__main__":
    unittest.main()
