"""What can go wrong between the oracle and a chain.

    ChainError                 code, transient
    ├── RpcUnavailable         no endpoint answered                                   transient
    ├── RpcRefused             an endpoint answered with an error we do not know      transient
    ├── ChainReadInconsistent  endpoints contradict each other or what was read       transient
    ├── HistoryPruned          the endpoint no longer has the state of that block
    ├── WrongChain             an endpoint speaks for another chain
    ├── ContractMissing        no code where the contract should be
    ├── ExecutionReverted      the contract refused; carries its decoded custom error
    ├── TransactionRefused     the node would not take a signed transaction
    │   ├── AlreadyKnown       it has these bytes already: as good as taken
    │   ├── NonceTooLow        that nonce is mined: by this transaction or by a stranger's
    │   ├── Underpriced        a transaction of that nonce waits with a higher fee    transient
    │   └── InsufficientFunds  the wallet cannot pay                                  transient
    ├── LaneClosed             a transmitter may not send now: paused, full, stuck, poor  transient
    ├── ClockSkewed            this machine's clock is not the nodes'                    transient
    ├── SequencerDown          a rollup's sequencer is down, or back for too short        transient
    ├── FeeAboveCap            the base fee is above MAX_FEE_GWEI                     transient
    ├── SignersMissing         fewer keys at hand than the contract wants signatures  transient
    ├── NotDeployed            no contract is recorded for this chain                 transient
    ├── KeystoreUnusable       a keystore file cannot be read or opened
    ├── SignerMisconfigured    a reference to a key elsewhere cannot be used
    ├── SignerUnreachable      a key service did not answer                           transient
    ├── SignerRefused          a key service would not sign
    └── SignerFaulty           what a key service returned is not its key's signature

Messages never hold an RPC URL (its path is often a key) nor anything of a private key.
"""

from __future__ import annotations

from typing import ClassVar


class ChainError(Exception):
    """Base of the tree. ``code`` is stable: stored, shown and counted. ``transient``: the same call may work later."""

    code: ClassVar[str] = "chain_error"
    transient: ClassVar[bool] = False


class RpcUnavailable(ChainError):
    """No endpoint answered in time."""

    code = "rpc_unavailable"
    transient = True


class RpcRefused(ChainError):
    """An endpoint answered with an error outside the known ones."""

    code = "rpc_refused"
    transient = True


class ChainReadInconsistent(ChainError):
    """What was read cannot be: endpoints contradict each other, or the contract would have gone back."""

    code = "chain_read_inconsistent"
    transient = True


class HistoryPruned(ChainError):
    """The endpoint no longer has (or does not have yet) the state of the block asked for."""

    code = "history_pruned"


class WrongChain(ChainError):
    """An endpoint speaks for a chain other than CHAIN_ID."""

    code = "wrong_chain"


class ContractMissing(ChainError):
    """There is no code at the contract's address: the chain was reset, or the address is wrong."""

    code = "contract_missing"


class ExecutionReverted(ChainError):
    """The contract refused a call or a transaction.

    name: of the custom error, ``Error`` for a require string, ``Panic``, or empty when the node gave no data.
    """

    code = "reverted"

    def __init__(self, name: str, arguments: tuple[object, ...] = ()) -> None:
        self.name = name
        self.arguments = arguments
        inner = ", ".join(str(argument) for argument in arguments)
        super().__init__(f"{name}({inner})" if name else "reverted without data")


class TransactionRefused(ChainError):
    """The node would not take a signed transaction."""

    code = "transaction_refused"


class AlreadyKnown(TransactionRefused):
    """The node has these very bytes."""

    code = "already_known"


class NonceTooLow(TransactionRefused):
    """A transaction with this nonce is mined."""

    code = "nonce_too_low"


class Underpriced(TransactionRefused):
    """A transaction with this nonce waits with a fee too close to ours or above it."""

    code = "underpriced"
    transient = True


class InsufficientFunds(TransactionRefused):
    """The wallet cannot pay for gas at the fee cap."""

    code = "insufficient_funds"
    transient = True


class LaneClosed(ChainError):
    """No transmitter may send now: paused by an operator, too many in flight, the first of them stuck, or no coin."""

    code = "lane_closed"
    transient = True


class ClockSkewed(ChainError):
    """This machine's clock differs from the nodes' or the chain's by more than a signer may trust."""

    code = "clock_skewed"
    transient = True


class SequencerDown(ChainError):
    """A rollup's sequencer does not run, or runs again for less than the grace period."""

    code = "sequencer_down"
    transient = True


class FeeAboveCap(ChainError):
    """The next block costs more than MAX_FEE_GWEI allows."""

    code = "fee_above_cap"
    transient = True


class SignersMissing(ChainError):
    """The keys at hand that belong to the contract's signer set are fewer than its threshold."""

    code = "signers_missing"
    transient = True


class NotDeployed(ChainError):
    """No active deployment is recorded for this chain."""

    code = "not_deployed"
    transient = True


class FeedsNotOnContract(ChainError):
    """No feed of the report is known to be on the contract with the decimals of the tables."""

    code = "feeds_not_on_contract"
    transient = True


class KeystoreUnusable(ChainError):
    """A keystore file is missing, malformed, or the password does not open it."""

    code = "keystore_unusable"


class SignerMisconfigured(ChainError):
    """A reference to a key cannot be used: its form, a missing package, or a key of another curve."""

    code = "signer_misconfigured"


class SignerUnreachable(ChainError):
    """A key service did not answer in time, or said that it is busy or ill."""

    code = "signer_unreachable"
    transient = True


class SignerRefused(ChainError):
    """A key service would not sign: unknown key, no permission, key disabled."""

    code = "signer_refused"


class SignerFaulty(ChainError):
    """What a key service returned is not a signature of its key over what was asked."""

    code = "signer_faulty"
