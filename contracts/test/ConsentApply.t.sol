// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IConsentRegistry} from "../src/interfaces/IConsentRegistry.sol";
import {IRootWindows} from "../src/interfaces/IRootWindows.sol";
import {World} from "./support/World.sol";
import {vm} from "./support/Vm.sol";

/// @notice The second step of a revocation, and when which consent root is valid.
contract ConsentApplyTest is World {
    function setUp() public override {
        super.setUp();
        grantLeaves(0, 5);
        vm.warp(START + 100);
    }

    function test_apply_takesTheLeafOut() public {
        revokeLeaf(2);
        tree.set(2, 0);
        uint256 expected = tree.root();
        tree.set(2, leaf(2));
        vm.expectEmit(true, true, true, true, address(consents));
        emit IConsentRegistry.RevocationApplied(leaf(2), 2, expected);
        applyLeaf(2, 2);
        vm.assertEq(consents.root(), expected, "root");
        vm.assertEq(consents.pending(), 0, "pending");
    }

    function test_apply_manyAtOnce() public {
        revokeLeaf(1);
        revokeLeaf(4);
        revokeLeaf(3);
        uint256[] memory leaves = new uint256[](3);
        uint256[20][] memory paths = new uint256[20][](3);
        uint256[3] memory order = [uint256(4), 1, 3];
        for (uint256 i = 0; i < 3; ++i) {
            leaves[i] = leaf(order[i]);
            paths[i] = tree.path(order[i]);
            tree.set(order[i], 0);
        }
        consents.applyRevocation(leaves, paths);
        vm.assertEq(consents.root(), tree.root(), "root");
        consents.applyRevocation(leaves, paths); // another follower was slower
        vm.assertEq(consents.root(), tree.root(), "root after");
    }

    function test_apply_failsForALiveLeaf() public {
        uint256[20][] memory paths = new uint256[20][](1);
        paths[0] = tree.path(2);
        uint256[] memory list = one(leaf(2));
        vm.expectRevert(abi.encodeWithSelector(IConsentRegistry.NothingToApply.selector, list[0]));
        consents.applyRevocation(list, paths);
    }

    function test_apply_failsWithAStalePathOrAnothersPath() public {
        revokeLeaf(2);
        uint256[20][] memory paths = new uint256[20][](1);
        paths[0] = tree.path(3);
        uint256[] memory list = one(leaf(2));
        vm.expectRevert(abi.encodeWithSelector(IConsentRegistry.StalePath.selector, list[0]));
        consents.applyRevocation(list, paths);
        vm.expectRevert(IConsentRegistry.LengthMismatch.selector);
        consents.applyRevocation(list, new uint256[20][](2));
    }

    function testFuzz_apply_failsWhenOneSiblingIsChanged(uint8 level, uint256 sibling) public {
        revokeLeaf(2);
        uint256[20][] memory paths = new uint256[20][](1);
        paths[0] = tree.path(2);
        level = level % 20;
        sibling >>= 3; // an alias (the sibling + r) leads to the same root and does no harm
        vm.assume(sibling != paths[0][level]);
        paths[0][level] = sibling;
        uint256[] memory list = one(leaf(2));
        vm.expectRevert(abi.encodeWithSelector(IConsentRegistry.StalePath.selector, list[0]));
        consents.applyRevocation(list, paths);
    }

    function test_revokeAndApply_doesBoth() public {
        bytes memory signed = signature(consents, leaf(2), FOREVER, keyOf(2));
        bool applied = consents.revokeAndApply(fr("inner", 2), controllerOf(2), FOREVER, signed, tree.path(2));
        vm.assertTrue(applied, "applied");
        tree.set(2, 0);
        vm.assertEq(consents.root(), tree.root(), "root");
        vm.assertTrue(
            consents.revokeAndApply(fr("inner", 2), controllerOf(2), FOREVER, signed, tree.path(2)), "again is success"
        );
    }

    /// @notice Attack: an insertion before the revocation makes its path stale. The first step needs none.
    function test_revokeAndApply_racedByInsertionsStillRevokes() public {
        uint256[20] memory path = tree.path(4);
        grantLeaves(5, 1);
        bytes memory signed = signature(consents, leaf(4), FOREVER, keyOf(4));
        bool applied = consents.revokeAndApply(fr("inner", 4), controllerOf(4), FOREVER, signed, path);
        vm.assertFalse(applied, "stale path");
        vm.assertEq(consents.pending(), 1, "revoked all the same");
        uint256[] memory batch = one(leaf(6));
        vm.expectRevert(abi.encodeWithSelector(IConsentRegistry.RevocationsPending.selector, 1));
        vm.prank(RELAYER);
        consents.grant(batch); // so that nobody can race the second step
        applyLeaf(4, 4);
        vm.assertEq(consents.root(), tree.root(), "root");
    }

    function test_window_isHalfOpen() public {
        uint256 root = consents.root();
        vm.assertFalse(consents.rootValidAt(root, 0, START - 1), "before");
        vm.assertTrue(consents.rootValidAt(root, 0, START), "first second");
        revokeLeaf(2);
        vm.assertTrue(consents.rootValidAt(root, 0, START + 99), "last second");
        vm.assertFalse(consents.rootValidAt(root, 0, START + 100), "second of the revocation");
        vm.assertFalse(consents.rootValidAt(root, 0, START + 1000), "for ever");
        vm.assertFalse(consents.rootValidAt(root, 1, START + 50), "no second appearance");
        vm.assertFalse(consents.rootValidAt(0, 0, START + 50), "no root");
    }

    function test_window_ofEveryRootBeforeARevocationEnds() public {
        uint256 first = consents.root();
        grantLeaves(5, 1);
        uint256 second = consents.root();
        vm.assertTrue(consents.rootValidAt(first, 0, START + 100), "a grant ends nothing");
        vm.warp(START + 200);
        revokeLeaf(2);
        vm.assertFalse(consents.rootValidAt(first, 0, START + 200), "first");
        vm.assertFalse(consents.rootValidAt(second, 0, START + 200), "second");
        vm.assertTrue(consents.rootValidAt(first, 0, START + 199), "first before");
    }

    function test_window_opensOnlyWhenNothingIsPending() public {
        revokeLeaf(1);
        revokeLeaf(2);
        vm.warp(START + 110);
        applyLeaf(1, 1);
        vm.assertEq(consents.appearances(consents.root()), 0, "the other is still in it");
        vm.warp(START + 120);
        applyLeaf(2, 2);
        uint256 root = consents.root();
        vm.assertFalse(consents.rootValidAt(root, 0, START + 119), "before");
        vm.assertTrue(consents.rootValidAt(root, 0, START + 120), "since");
    }

    function test_window_ofARootThatReturnsHasANumberOfItsOwn() public {
        uint256 root = consents.root();
        grantLeaves(5, 1);
        revokeLeaf(5);
        vm.warp(START + 150);
        applyLeaf(5, 5);
        vm.assertEq(consents.root(), root, "the tree is as before");
        vm.assertEq(consents.appearances(root), 2, "appearances");
        vm.assertFalse(consents.rootValidAt(root, 0, START + 150), "old window stays shut");
        vm.assertTrue(consents.rootValidAt(root, 1, START + 150), "new window");
        vm.assertFalse(consents.rootValidAt(root, 1, START + 99), "new window is not old");
    }

    /// @notice Several blocks may share one second: a window that opens and closes in it holds no moment.
    function test_window_openedAndClosedInOneSecondIsEmpty() public {
        grantLeaves(5, 1);
        uint256 root = consents.root();
        vm.assertTrue(consents.rootValidAt(root, 0, START + 100), "so far");
        revokeLeaf(5);
        vm.assertFalse(consents.rootValidAt(root, 0, START + 100), "not after the next block");
    }

    /// @notice Attack: made-up leaves are revoked to end everybody's windows.
    function test_window_outlivesTheRevocationOfAnUnknownLeaf() public {
        uint256 root = consents.root();
        vm.prank(STRANGER);
        consents.revoke(fr("made up", 1), STRANGER, FOREVER, "");
        vm.assertTrue(consents.rootValidAt(root, 0, START + 100), "still valid");
        vm.assertEq(consents.currentEpoch(), 0, "epoch");
    }

    function test_window_everyEpochKeepsItsEnd() public {
        uint256[4] memory roots;
        for (uint256 i = 0; i < 4; ++i) {
            roots[i] = consents.root();
            vm.warp(START + 100 + 10 * (i + 1));
            revokeLeaf(i);
            for (uint256 j = 0; j <= i; ++j) {
                uint256 end = START + 100 + 10 * (j + 1);
                vm.assertTrue(consents.rootValidAt(roots[j], 0, end - 1), "before its end");
                vm.assertFalse(consents.rootValidAt(roots[j], 0, end), "at its end");
                vm.assertFalse(consents.rootValidAt(roots[j], 0, end + 5), "after its end");
            }
            applyLeaf(i, i);
            vm.assertTrue(consents.rootValidAt(consents.root(), 0, block.timestamp), "the next");
        }
    }

    function test_window_eventsTellAll() public {
        uint256 root = consents.root();
        vm.expectEmit(true, true, true, true, address(consents));
        emit IRootWindows.WindowsClosed(0, uint40(START + 100));
        revokeLeaf(2);
        tree.set(2, 0);
        uint256 next = tree.root();
        tree.set(2, leaf(2));
        vm.expectEmit(true, true, true, true, address(consents));
        emit IRootWindows.WindowOpened(next, 0, 1, uint40(START + 100));
        applyLeaf(2, 2);
        vm.assertTrue(root != next, "another root");
    }
}
