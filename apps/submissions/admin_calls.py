"""The calls of a PriceOracle that its admin, configurator or pauser may make: what is sent, and who may send it.

Errors, each with a stable code:
    BadArgument: what was given is no address, repeats itself, or is no possible threshold.
    UnknownPair: the contract has no such feed.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from eth_utils.address import is_address, to_checksum_address

from apps.chain.abi import Call
from apps.chain.bindings import price_oracle
from apps.chain.contract_setup import NOBODY, config_to_chain
from apps.chain.errors import ChainError
from apps.chain.gateway import SignerSet
from apps.chain.report import feed_id

if TYPE_CHECKING:
    from apps.chain.web3_gateway import Web3Gateway


class BadArgument(ChainError):
    """What was given cannot be an argument of the call."""

    code = "bad_argument"


class UnknownPair(ChainError):
    """The contract has no such feed."""

    code = "unknown_pair"


@dataclass(frozen=True, slots=True)
class Offices:
    """Who holds which office of a contract; NOBODY where one is empty."""

    admin: str
    pending_admin: str
    configurator: str
    pauser: str


@dataclass(frozen=True, slots=True)
class AdminCall:
    """A call of the contract. callers: who may make it, the one that need not wait for the admin first; at least one.

    is_so: the contract is already as the call would make it.
    """

    name: str
    arguments: tuple[str, ...]
    call: Call[None]
    callers: tuple[str, ...]
    is_so: bool


def offices_of(gateway: Web3Gateway, contract: str) -> Offices:
    """Return who holds the offices. Raises ContractMissing."""
    return Offices(
        admin=gateway.answer(contract, price_oracle.admin()),
        pending_admin=gateway.answer(contract, price_oracle.pending_admin()),
        configurator=gateway.answer(contract, price_oracle.configurator()),
        pauser=gateway.answer(contract, price_oracle.pauser()),
    )


def address_of(text: str) -> str:
    """Return an address, checksummed. Raises BadArgument; one whose capitals are not its checksum is refused too."""
    if not is_address(text):
        raise BadArgument(f"{text} is no address, or its checksum is wrong")
    return str(to_checksum_address(text))


@dataclass(frozen=True, slots=True)
class AdminCalls:
    """Makes the calls for a contract as it stands now. Every method may raise ContractMissing."""

    gateway: Web3Gateway
    contract: str

    def set_signers(self, signers: Sequence[str], *, threshold: int) -> AdminCall:
        """Return the call that puts another signer set in office; addresses in any order. Raises BadArgument."""
        ordered = sorted((address_of(one) for one in signers), key=lambda one: int(one, 16))
        if len(set(ordered)) != len(ordered):
            raise BadArgument(f"{len(ordered)} signers, but {len(set(ordered))} different addresses")
        if not 0 < threshold <= len(ordered):
            raise BadArgument(f"the threshold is {threshold}, it may be 1 to {len(ordered)}, the number of signers")
        standing: SignerSet = self.gateway.signer_set(self.contract)
        return self._made(
            "setSigners",
            (*ordered, str(threshold)),
            price_oracle.set_signers(ordered, threshold),
            by=[self.offices().admin],
            is_so=(standing.signers, standing.threshold) == (tuple(ordered), threshold),
        )

    def set_configurator(self, holder: str) -> AdminCall:
        """Return the call that appoints the configurator. Raises BadArgument."""
        new, offices = address_of(holder), self.offices()
        call = price_oracle.set_configurator(new)
        return self._made("setConfigurator", (new,), call, by=[offices.admin], is_so=offices.configurator == new)

    def set_pauser(self, holder: str) -> AdminCall:
        """Return the call that appoints the pauser. Raises BadArgument."""
        new, offices = address_of(holder), self.offices()
        call = price_oracle.set_pauser(new)
        return self._made("setPauser", (new,), call, by=[offices.admin], is_so=offices.pauser == new)

    def transfer_admin(self, successor: str) -> AdminCall:
        """Return the call that offers the admin's office; the zero address withdraws the offer. Raises BadArgument."""
        new, offices = address_of(successor), self.offices()
        is_so = new in ({offices.pending_admin} if new == NOBODY else {offices.pending_admin, offices.admin})
        return self._made("transferAdmin", (new,), price_oracle.transfer_admin(new), by=[offices.admin], is_so=is_so)

    def accept_admin(self) -> AdminCall:
        """Return the call by which the pending admin takes the office; it is so already where no offer stands."""
        offices = self.offices()
        is_so = offices.pending_admin == NOBODY
        by = [offices.admin if is_so else offices.pending_admin]
        return self._made("acceptAdmin", (), price_oracle.accept_admin(), by=by, is_so=is_so)

    def pause(self) -> AdminCall:
        """Return the call that stops submitting and the latest readings."""
        return self._made("pause", (), price_oracle.pause(), by=self._pausers(), is_so=self._is_paused())

    def unpause(self) -> AdminCall:
        """Return the call that resumes."""
        by = [self.offices().admin]
        return self._made("unpause", (), price_oracle.unpause(), by=by, is_so=not self._is_paused())

    def pause_feed(self, pair: str) -> AdminCall:
        """Return the call that stops one feed. Raises UnknownPair."""
        is_so = self._is_feed_paused(pair)
        return self._made("pauseFeed", (pair,), price_oracle.pause_feed(feed_id(pair)), by=self._pausers(), is_so=is_so)

    def unpause_feed(self, pair: str) -> AdminCall:
        """Return the call that resumes one feed. Raises UnknownPair."""
        is_so, by = not self._is_feed_paused(pair), [self.offices().admin]
        return self._made("unpauseFeed", (pair,), price_oracle.unpause_feed(feed_id(pair)), by=by, is_so=is_so)

    def release(self, pair: str) -> AdminCall:
        """Return the call that lets a feed's next answer move as far as its bounds allow. Raises UnknownPair."""
        self._require(pair)
        rules, offices = self.gateway.feed_config(self.contract, pair), self.offices()
        call = price_oracle.update_feed(feed_id(pair), config_to_chain(replace(rules, max_move_bps=0)))
        by = [offices.configurator, offices.admin]
        return self._made("updateFeed", (pair, "maxMoveBps=0"), call, by=by, is_so=rules.max_move_bps == 0)

    @staticmethod
    def _made(name: str, arguments: tuple[str, ...], call: Call[None], *, by: Sequence[str], is_so: bool) -> AdminCall:
        return AdminCall(name, arguments, call, tuple(one for one in by if one != NOBODY), is_so)

    def offices(self) -> Offices:
        """Return who holds the offices now."""
        return offices_of(self.gateway, self.contract)

    def _pausers(self) -> list[str]:
        offices = self.offices()
        return [offices.pauser, offices.admin]

    def _is_paused(self) -> bool:
        return self.gateway.is_paused(self.contract)

    def _is_feed_paused(self, pair: str) -> bool:
        self._require(pair)
        return bool(self.gateway.paused_feeds(self.contract, [pair]))

    def _require(self, pair: str) -> None:
        known = self.gateway.placements(self.contract)
        if pair not in known:
            raise UnknownPair(f"the contract has no feed {pair}; it has {', '.join(sorted(known)) or 'none'}")
