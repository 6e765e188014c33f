# SPDX-License-Identifier: MIT OR Apache-2.0
"""The proof market, from the rules of docs/market.md (and the
state hash of docs/market-evidence.md), independent of src/market/.

A Market takes the same operations as the C engine and gives the same reasons and the same state
hash; tests/market_model.py compares the two step by step. Clarity over speed: money is an int,
requests hold objects, the next deadline is looked for among all of them. One module for each room
of the engine.
"""
from .encode import *  # noqa: F401,F403
from .post import Post
from .reserve import next_rate, reserve  # noqa: F401
from .settle import Settle
from .state import *  # noqa: F401,F403
from .step import Step
from .store import Refused, Store  # noqa: F401
from .time import Time


class Market(Store, Settle, Time, Post, Step):
    pass
