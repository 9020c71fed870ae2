// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {AggregatorV2V3Interface} from "./interfaces/AggregatorV2V3Interface.sol";
import {Ownable, Ownable2Step} from "@openzeppelin/contracts/access/Ownable2Step.sol";

/// @title A feed at one address for life, over an aggregator that its owner can replace
/// @notice Round ids are Chainlink's: phaseId << 64 | the aggregator's round id. Ids of one phase have no gap, ids of
///         different phases do. A round of an older phase is asked of that phase's aggregator for ever.
/// @dev Reads cost one call and one slot more than reading the aggregator itself. The owner should be a timelock.
contract MovableFeedProxy is AggregatorV2V3Interface, Ownable2Step {
    uint256 private constant PHASE_SHIFT = 64;

    struct Phase {
        uint16 id;
        AggregatorV2V3Interface aggregator;
    }

    /// @notice Thrown if a round id names no phase, or no round of it that fits.
    error UnknownRound(uint256 roundId);

    /// @notice Thrown if the aggregator to be confirmed is not the proposed one.
    error NotProposed(address given, address proposed);

    /// @notice Thrown if an aggregator's round ids do not fit beside a phase: it is a proxy with phases of its own.
    error PhasesWithin(uint256 roundId);

    /// @notice Thrown if an aggregator has other decimals than the first: readers rely on them.
    error OtherDecimals(uint8 given, uint8 current);

    /// @notice An aggregator was proposed; the zero address withdraws the proposal.
    event AggregatorProposed(address indexed current, address indexed proposed);

    /// @notice An aggregator took over.
    event AggregatorConfirmed(address indexed previous, address indexed latest, uint16 indexed phaseId);

    /// @inheritdoc AggregatorV2V3Interface
    uint8 public immutable override decimals;

    /// @notice The aggregator that may be confirmed.
    AggregatorV2V3Interface public proposedAggregator;

    Phase private s_current;
    mapping(uint16 phaseId => AggregatorV2V3Interface) private s_phases;

    constructor(address owner_, AggregatorV2V3Interface first) Ownable(owner_) {
        decimals = first.decimals();
        _enter(first);
    }

    // --------------------------------------------------------------------------------------------------- moving

    /// @notice Propose an aggregator. proposedAggregator() can be read before it takes over. Owner only.
    function proposeAggregator(AggregatorV2V3Interface next) external onlyOwner {
        proposedAggregator = next;
        emit AggregatorProposed(aggregator(), address(next));
    }

    /// @notice Let the proposed aggregator take over; the phase id goes up by one. Owner only.
    /// @dev It must answer now, have the decimals of the first, and no phases of its own.
    function confirmAggregator(AggregatorV2V3Interface next) external onlyOwner {
        if (address(next) == address(0) || address(next) != address(proposedAggregator)) {
            revert NotProposed(address(next), address(proposedAggregator));
        }
        if (next.decimals() != decimals) revert OtherDecimals(next.decimals(), decimals);
        delete proposedAggregator;
        next.latestAnswer();
        _withPhase(0, next.latestRound());
        _enter(next);
    }

    // -------------------------------------------------------------------------------------------------- reading

    /// @notice Return the aggregator that answers.
    function aggregator() public view returns (address) {
        return address(s_current.aggregator);
    }

    /// @notice Return the current phase, from 1.
    function phaseId() external view returns (uint16) {
        return s_current.id;
    }

    /// @notice Return the aggregator of a phase, the zero address for an unknown one.
    function phaseAggregators(uint16 id) external view returns (address) {
        return address(s_phases[id]);
    }

    /// @inheritdoc AggregatorV2V3Interface
    function description() external view returns (string memory) {
        return s_current.aggregator.description();
    }

    /// @inheritdoc AggregatorV2V3Interface
    function version() external view returns (uint256) {
        return s_current.aggregator.version();
    }

    /// @inheritdoc AggregatorV2V3Interface
    function latestRoundData() external view returns (uint80, int256, uint256, uint256, uint80) {
        Phase memory phase = s_current;
        (uint80 id, int256 answer, uint256 startedAt, uint256 updatedAt, uint80 answeredIn) =
            phase.aggregator.latestRoundData();
        return (_withPhase(phase.id, id), answer, startedAt, updatedAt, _withPhase(phase.id, answeredIn));
    }

    /// @inheritdoc AggregatorV2V3Interface
    function getRoundData(uint80 roundId) external view returns (uint80, int256, uint256, uint256, uint80) {
        (Phase memory phase, uint64 inner) = _split(roundId);
        (uint80 id, int256 answer, uint256 startedAt, uint256 updatedAt, uint80 answeredIn) =
            phase.aggregator.getRoundData(inner);
        return (_withPhase(phase.id, id), answer, startedAt, updatedAt, _withPhase(phase.id, answeredIn));
    }

    /// @inheritdoc AggregatorV2V3Interface
    function latestAnswer() external view returns (int256) {
        return s_current.aggregator.latestAnswer();
    }

    /// @inheritdoc AggregatorV2V3Interface
    function latestTimestamp() external view returns (uint256) {
        return s_current.aggregator.latestTimestamp();
    }

    /// @inheritdoc AggregatorV2V3Interface
    function latestRound() external view returns (uint256) {
        Phase memory phase = s_current;
        return _withPhase(phase.id, phase.aggregator.latestRound());
    }

    /// @inheritdoc AggregatorV2V3Interface
    function getAnswer(uint256 roundId) external view returns (int256) {
        (Phase memory phase, uint64 inner) = _split(roundId);
        return phase.aggregator.getAnswer(inner);
    }

    /// @inheritdoc AggregatorV2V3Interface
    function getTimestamp(uint256 roundId) external view returns (uint256) {
        (Phase memory phase, uint64 inner) = _split(roundId);
        return phase.aggregator.getTimestamp(inner);
    }

    // -------------------------------------------------------------------------------------------------- private

    function _enter(AggregatorV2V3Interface next) private {
        address previous = aggregator();
        uint16 id = s_current.id + 1;
        s_current = Phase(id, next);
        s_phases[id] = next;
        emit AggregatorConfirmed(previous, address(next), id);
    }

    /// @dev Bits of another phase would mix with ours: ids that name a wrong phase, and go back when the aggregator changes.
    function _withPhase(uint16 id, uint256 inner) private pure returns (uint80) {
        if (inner > type(uint64).max) revert PhasesWithin(inner);
        // forge-lint: disable-next-line(unsafe-typecast)
        return (uint80(id) << uint80(PHASE_SHIFT)) | uint80(inner);
    }

    function _split(uint256 roundId) private view returns (Phase memory phase, uint64 inner) {
        if (roundId > type(uint80).max) revert UnknownRound(roundId);
        // forge-lint: disable-next-item(unsafe-typecast)
        (phase.id, inner) = (uint16(roundId >> PHASE_SHIFT), uint64(roundId));
        phase.aggregator = s_phases[phase.id];
        if (address(phase.aggregator) == address(0)) revert UnknownRound(roundId);
    }
}
