"""What is done to the chain while reports are planned: each blow is one method, drawn by a seeded dice."""

from __future__ import annotations

import random
import time
import uuid
from datetime import UTC, datetime

from django.db import InterfaceError, OperationalError, connection

from apps.chain.errors import ChainError
from apps.chain.fees import GWEI, Fees
from apps.chain.signers import TransactionFields, sign_transaction
from apps.submissions.services import PlannedAnswer, plan_submission
from tests.chain.local_chain import CHAIN_ID
from tests.chaos.servers import Server
from tests.chaos.world import FUNDS_WEI, PAIRS, World

MOST_FEEDS = 3
DOWN_S = 1.5
SELDOM = ("database killed", "broker killed")  # a server that starts again holds up all the rest


class Storm:
    """Plans reports and strikes. Every answer is a number of its own, so that what landed can be told apart."""

    def __init__(self, world: World, *, seed: int) -> None:
        self.world = world
        self.dice = random.Random(seed)
        self.answers = 0
        self.accepted: list[uuid.UUID] = []
        self.coming: list[str] = []
        self.blows = {
            "dropped transaction": self.drop,
            "reorganisation": self.reorg,
            "base fee x 10": self.dear,
            "empty wallet": self.empty,
            "refilled wallet": self.refill,
            "foreign nonce": self.foreign,
            "database sessions cut": self.cut_database,
            "database killed": lambda: self.kill(self.world.database),
            "broker killed": lambda: self.kill(self.world.broker),
        }

    def report(self) -> None:
        """Plan the report of one to three feeds, true now; it counts as accepted when the database says so."""
        planned = []
        for pair in self.dice.sample(PAIRS, self.dice.randint(1, MOST_FEEDS)):
            self.answers += 1
            planned.append(PlannedAnswer(pair=pair, answer=self.answers, decimals=8, observed_at=datetime.now(UTC)))
        try:
            made = plan_submission(
                answers=planned, evidence_hash="0x" + "cd" * 32, simulated=False, destination=self.world.destination
            )
        except (OperationalError, InterfaceError):
            connection.close()
            self.world.events["reports not accepted: no database"] += 1
        else:
            self.accepted.append(made.pk)

    def revive(self) -> None:
        """Start what was killed a moment ago, on the data it had."""
        for server in (self.world.database, self.world.broker):
            if server.down_since is not None and time.monotonic() - server.down_since >= DOWN_S:
                server.start()

    def strike(self) -> None:
        """Do the next blow, all of them in turn, servers half as often; count it when it met something."""
        if not self.coming:
            self.coming = [*self.blows, *(name for name in self.blows if name not in SELDOM)]
            self.dice.shuffle(self.coming)
        name = self.coming.pop()
        try:
            if self.blows[name]():
                self.world.events[name] += 1
        except ChainError:
            self.world.events["blows that missed"] += 1

    def drop(self) -> bool:
        """Throw a waiting transaction out of the node's memory."""
        waiting = self.world.rpc("txpool_content")["pending"]
        hashes = [tx["hash"] for by_nonce in waiting.values() for tx in by_nonce.values()]
        if not hashes:
            return False
        self.world.rpc("anvil_dropTransaction", self.dice.choice(hashes))
        return True

    def reorg(self) -> bool:
        """Replace the last one to five blocks by empty ones; their transactions are gone."""
        depth = self.dice.randint(1, 5)
        self.world.rpc("anvil_reorg", depth, [])
        self.world.events[f"reorganisation of depth {depth}"] += 1
        return True

    def dear(self) -> bool:
        """Make the next block ten times as dear as the last one; blocks without us let it fall again."""
        base_fee = int(self.world.rpc("eth_getBlockByNumber", "latest", False)["baseFeePerGas"], 16)
        self.world.rpc("anvil_setNextBlockBaseFeePerGas", hex(min(200 * GWEI, max(GWEI, base_fee) * 10)))
        return True

    def empty(self) -> bool:
        """Take the transmitter's coin away; a moment later somebody refills it."""
        self.world.rpc("anvil_setBalance", self.world.transmitter.address, "0x0")
        return True

    def refill(self) -> bool:
        """Give the transmitter coin."""
        self.world.rpc("anvil_setBalance", self.world.transmitter.address, hex(FUNDS_WEI))
        return True

    def foreign(self) -> bool:
        """Use the transmitter's next nonces for something else, as a second installation with its key would."""
        self.refill()
        gateway, address = self.world.gateway, self.world.transmitter.address
        nonce = gateway.nonce(address, pending=self.dice.random() < 0.5)
        fields = TransactionFields(CHAIN_ID, nonce, address, b"", 21_000, Fees(5_000 * GWEI, 200 * GWEI))
        gateway.broadcast(sign_transaction(fields, self.world.transmitter).raw)
        return True

    def cut_database(self) -> bool:
        """End every other session of the database."""
        if self.world.database.down_since is not None:
            return False
        try:
            with connection.cursor() as cursor:
                cursor.execute(
                    "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity "
                    "WHERE datname = current_database() AND pid <> pg_backend_pid()"
                )
                return bool(cursor.fetchone()[0])
        except (OperationalError, InterfaceError):  # this very session died with an earlier blow
            connection.close()
            return False

    def kill(self, server: Server) -> bool:
        """End a server as a power cut would; ``revive`` starts it again."""
        if server.down_since is not None:
            return False
        server.kill()
        return True
