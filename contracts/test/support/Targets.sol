// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @notice Tells forge's invariant runs which functions of which handler to call.
abstract contract Targets {
    struct FuzzSelector {
        address addr;
        bytes4[] selectors;
    }

    address internal handler;
    bytes4[] internal actions;

    function targetContracts() public view returns (address[] memory targets) {
        targets = new address[](1);
        targets[0] = handler;
    }

    function targetSelectors() public view returns (FuzzSelector[] memory targets) {
        targets = new FuzzSelector[](1);
        targets[0] = FuzzSelector(handler, actions);
    }
}
