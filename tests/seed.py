# SPDX-License-Identifier: MIT OR Apache-2.0
"""The random choices of a test: PP_SEED, or always the same; a failing run has printed which."""
import os
import random

SEED = int(os.environ.get("PP_SEED", "1"), 0)


def rng():
    print(f"PP_SEED={SEED}", flush=True)
    return random.Random(SEED)
