// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IConsentRegistry} from "../src/interfaces/IConsentRegistry.sol";
import {Field} from "../src/libraries/Field.sol";
import {World} from "./support/World.sol";
import {vm} from "./support/Vm.sol";

/// @notice The way into the tree for those whom no relayer serves.
contract ConsentSlowLaneTest is World {
    uint256 private constant DAY = 1 days;

    function test_slowLane_insertsForAnybodyAfterADay() public {
        uint256 proposed = leaf(0);
        vm.expectEmit(true, true, true, true, address(consents));
        emit IConsentRegistry.Proposed(proposed, uint40(START + DAY));
        vm.prank(STRANGER);
        consents.propose(proposed);
        vm.assertEq(consents.readyAt(leaf(0)), START + DAY, "ready");
        vm.assertEq(consents.size(), 0, "not yet");

        uint256[] memory first = one(leaf(0));
        vm.warp(START + DAY - 1);
        vm.expectRevert(abi.encodeWithSelector(IConsentRegistry.NotReady.selector, first[0], uint40(START + DAY)));
        consents.grantProposed(first);

        vm.warp(START + DAY);
        vm.prank(STRANGER);
        consents.grantProposed(first);
        tree.push(leaf(0));
        vm.assertEq(consents.root(), tree.root(), "root");
        vm.assertTrue(consents.rootValidAt(tree.root(), 0, START + DAY), "valid");
        vm.assertTrue(consents.leafOf(leaf(0)).state == IConsentRegistry.LeafState.Live, "live");
    }

    function test_slowLane_failsForWhatWasNotProposed() public {
        uint256[] memory unknown = one(leaf(0));
        vm.expectRevert(abi.encodeWithSelector(IConsentRegistry.NotReady.selector, unknown[0], uint40(0)));
        consents.grantProposed(unknown);
    }

    function test_slowLane_failsForKnownLeavesAliasesAndASecondProposal() public {
        grantLeaves(0, 1);
        _refusesToPropose(leaf(0));
        consents.propose(leaf(1));
        _refusesToPropose(leaf(1));
        vm.expectRevert(abi.encodeWithSelector(IConsentRegistry.OutOfField.selector, 0));
        consents.propose(0);
        vm.expectRevert(abi.encodeWithSelector(IConsentRegistry.OutOfField.selector, Field.R + 1));
        consents.propose(Field.R + 1);
    }

    function test_slowLane_isCappedPerDay() public {
        uint256 cap = consents.SLOW_LANE_PER_DAY();
        for (uint256 i = 0; i < cap + 2; ++i) {
            consents.propose(leaf(i));
        }
        vm.warp((START / DAY + 2) * DAY);
        consents.grantProposed(_range(0, cap - 1));
        _isFullFor(_range(cap - 1, 2));
        consents.grantProposed(_range(cap - 1, 1));
        _isFullFor(_range(cap, 1));
        vm.warp(block.timestamp + DAY - 1);
        _isFullFor(_range(cap, 1));
        vm.warp(block.timestamp + 1);
        consents.grantProposed(_range(cap, 2));
        vm.assertEq(consents.size(), cap + 2, "size");
    }

    function test_slowLane_skipsWhatARelayerInsertedOrTheControllerRevoked() public {
        consents.propose(leaf(0));
        consents.propose(leaf(1));
        consents.propose(leaf(2));
        grantLeaves(0, 1);
        revokeLeaf(1);
        vm.warp(START + DAY);
        consents.grantProposed(_range(0, 3));
        tree.push(leaf(2));
        vm.assertEq(consents.root(), tree.root(), "root");
        vm.assertTrue(consents.leafOf(leaf(1)).state == IConsentRegistry.LeafState.Barred, "stays out");
    }

    function test_slowLane_doesNotSlowRelayersDown() public {
        uint256 cap = consents.SLOW_LANE_PER_DAY();
        for (uint256 i = 0; i < cap; ++i) {
            consents.propose(leaf(i));
        }
        vm.warp(START + DAY);
        consents.grantProposed(_range(0, cap));
        uint256[] memory others = _range(cap, 2);
        vm.prank(RELAYER);
        consents.grant(others);
        vm.assertEq(consents.size(), cap + 2, "size");
    }

    function test_slowLane_waitsForPendingRevocations() public {
        grantLeaves(0, 1);
        consents.propose(leaf(1));
        vm.warp(START + DAY);
        revokeLeaf(0);
        uint256[] memory waiting = one(leaf(1));
        vm.expectRevert(abi.encodeWithSelector(IConsentRegistry.RevocationsPending.selector, 1));
        consents.grantProposed(waiting);
        applyLeaf(0, 0);
        consents.grantProposed(waiting);
        vm.assertEq(consents.size(), 2, "size");
    }

    function _refusesToPropose(uint256 known) private {
        vm.expectRevert(abi.encodeWithSelector(IConsentRegistry.CannotPropose.selector, known));
        consents.propose(known);
    }

    function _isFullFor(uint256[] memory list) private {
        vm.expectRevert(IConsentRegistry.SlowLaneFull.selector);
        consents.grantProposed(list);
    }

    function _range(uint256 first, uint256 count) private view returns (uint256[] memory list) {
        list = new uint256[](count);
        for (uint256 i = 0; i < count; ++i) {
            list[i] = leaf(first + i);
        }
    }
}
