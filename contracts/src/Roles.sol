// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {IPriceOracle} from "./interfaces/IPriceOracle.sol";

/// @title Who may do what: an admin that is handed over in two steps, a configurator and a pauser
abstract contract Roles is IPriceOracle {
    /// @inheritdoc IPriceOracle
    address public override admin;
    /// @inheritdoc IPriceOracle
    address public override pendingAdmin;
    /// @inheritdoc IPriceOracle
    address public override configurator;
    /// @inheritdoc IPriceOracle
    address public override pauser;

    modifier onlyAdmin() {
        if (msg.sender != admin) revert Unauthorized(msg.sender);
        _;
    }

    modifier onlyAdminOr(address role) {
        if (msg.sender != admin && msg.sender != role) revert Unauthorized(msg.sender);
        _;
    }

    constructor(address admin_, address configurator_, address pauser_) {
        if (admin_ == address(0)) revert ZeroAdmin();
        admin = admin_;
        configurator = configurator_;
        pauser = pauser_;
        emit AdminTransferred(address(0), admin_);
        emit ConfiguratorChanged(address(0), configurator_);
        emit PauserChanged(address(0), pauser_);
    }

    /// @inheritdoc IPriceOracle
    function transferAdmin(address newAdmin) external onlyAdmin {
        pendingAdmin = newAdmin;
        emit AdminTransferStarted(msg.sender, newAdmin);
    }

    /// @inheritdoc IPriceOracle
    function acceptAdmin() external {
        if (msg.sender != pendingAdmin) revert NotPendingAdmin(msg.sender, pendingAdmin);
        emit AdminTransferred(admin, msg.sender);
        admin = msg.sender;
        pendingAdmin = address(0);
    }

    /// @inheritdoc IPriceOracle
    function setConfigurator(address newConfigurator) external onlyAdmin {
        emit ConfiguratorChanged(configurator, newConfigurator);
        configurator = newConfigurator;
    }

    /// @inheritdoc IPriceOracle
    function setPauser(address newPauser) external onlyAdmin {
        emit PauserChanged(pauser, newPauser);
        pauser = newPauser;
    }
}
