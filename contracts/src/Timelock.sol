// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

// Built with the rest so that its artifact is at hand: the contract that should hold the admin's office.
import {TimelockController} from "@openzeppelin/contracts/governance/TimelockController.sol";
