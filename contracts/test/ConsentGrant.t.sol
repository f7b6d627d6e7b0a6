// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IAccessControl} from "@openzeppelin/contracts/access/IAccessControl.sol";
import {IConsentRegistry} from "../src/interfaces/IConsentRegistry.sol";
import {Field} from "../src/libraries/Field.sol";
import {World} from "./support/World.sol";
import {Vm, vm} from "./support/Vm.sol";

contract ConsentGrantTest is World {
    uint256 private constant SIZE_OFFSET = 104; // in its word: epoch 64, end of the last 40, size 32, pending 32

    function test_grant_appendsInOrder() public {
        grantLeaves(0, 3);
        vm.assertEq(consents.root(), tree.root(), "root");
        vm.assertEq(consents.size(), 3, "size");
        for (uint256 i = 0; i < 3; ++i) {
            IConsentRegistry.Leaf memory known = consents.leafOf(leaf(i));
            vm.assertEq(uint256(known.state), uint256(IConsentRegistry.LeafState.Live), "state");
            vm.assertEq(known.index, i, "index");
            vm.assertEq(known.grantedAt, START, "time");
        }
    }

    function test_grant_emitsWhatRebuildsTheTree() public {
        uint256[] memory batch = one(leaf(0));
        tree.push(leaf(0));
        uint256 expected = tree.root();
        vm.expectEmit(true, true, true, true, address(consents));
        emit IConsentRegistry.Granted(0, batch, expected);
        vm.prank(RELAYER);
        consents.grant(batch);
    }

    function test_grant_failsForAnybodyButRelayers() public {
        uint256[] memory batch = one(leaf(0));
        vm.expectPartialRevert(IAccessControl.AccessControlUnauthorizedAccount.selector);
        vm.prank(STRANGER);
        consents.grant(batch);
    }

    function test_grant_failsForTheEmptyLeafAndForAliases() public {
        uint256[3] memory bad = [0, Field.R, Field.R + leaf(0)];
        for (uint256 i = 0; i < bad.length; ++i) {
            vm.expectRevert(abi.encodeWithSelector(IConsentRegistry.OutOfField.selector, bad[i]));
            vm.prank(RELAYER);
            consents.grant(one(bad[i]));
        }
    }

    /// @notice Two relayers with the same leaf, or one that retries, must not stop each other's batch.
    function test_grant_skipsKnownLeaves() public {
        grantLeaves(0, 2);
        uint256[] memory batch = new uint256[](4);
        (batch[0], batch[1], batch[2], batch[3]) = (leaf(0), leaf(2), leaf(2), leaf(1));
        tree.push(leaf(2));
        vm.prank(RELAYER);
        consents.grant(batch);
        vm.assertEq(consents.size(), 3, "size");
        vm.assertEq(consents.root(), tree.root(), "root");
    }

    function test_grant_ofKnownLeavesOnlyChangesNothing() public {
        grantLeaves(0, 1);
        uint256 root = consents.root();
        uint256[] memory batch = one(leaf(0));
        vm.recordLogs();
        vm.prank(RELAYER);
        consents.grant(batch);
        vm.assertEq(vm.getRecordedLogs().length, 0, "events");
        vm.assertEq(consents.appearances(root), 1, "windows");
    }

    /// @notice Attack: a leaf that was revoked comes back.
    function test_grant_neverInsertsARevokedLeafAgain() public {
        grantLeaves(0, 2);
        revokeLeaf(0);
        applyLeaf(0, 0);
        uint256 root = consents.root();
        uint256[] memory batch = one(leaf(0));
        vm.prank(RELAYER);
        consents.grant(batch);
        vm.assertEq(consents.root(), root, "root");
        vm.assertEq(uint256(consents.leafOf(leaf(0)).state), uint256(IConsentRegistry.LeafState.Removed), "state");
    }

    /// @notice Attack: a relayer holds a signed grant back until the patient has revoked it, then inserts it.
    function test_grant_neverInsertsALeafThatWasRevokedBefore() public {
        grantLeaves(0, 1);
        revokeLeaf(7);
        vm.assertEq(uint256(consents.leafOf(leaf(7)).state), uint256(IConsentRegistry.LeafState.Barred), "barred");
        vm.assertEq(consents.pending(), 0, "nothing to apply");
        uint256[] memory batch = one(leaf(7));
        vm.prank(RELAYER);
        consents.grant(batch);
        vm.assertEq(consents.size(), 1, "size");
    }

    /// @notice Attack: somebody inserts another's leaf first, to own it. A leaf has the one controller inside it.
    function test_grant_bySomebodyElseGivesNoPowerOverTheLeaf() public {
        grantLeaves(0, 1);
        bytes memory signed = signature(consents, leaf(0), FOREVER, keyOf(1));
        vm.expectRevert(IConsentRegistry.NotTheController.selector);
        vm.prank(RELAYER);
        consents.revoke(fr("inner", 0), controllerOf(0), FOREVER, signed);
        revokeLeaf(0);
        vm.assertEq(consents.pending(), 1, "the controller can");
    }

    /// @notice Attack: an inner node is inserted as a leaf, so that a path of another length leads to the root. The
    /// depth is fixed, and an inner node has no entry.
    function test_grant_innerNodeIsNoLeaf() public {
        grantLeaves(0, 4);
        uint256 inner = t3.hash([leaf(0), leaf(1)]);
        uint256[20][] memory paths = new uint256[20][](1);
        paths[0] = tree.path(0);
        vm.expectRevert(abi.encodeWithSelector(IConsentRegistry.NothingToApply.selector, inner));
        consents.applyRevocation(one(inner), paths);
        tree.push(inner);
        vm.prank(RELAYER);
        consents.grant(one(inner));
        vm.assertEq(consents.root(), tree.root(), "a leaf like any other, at its own place");
    }

    function test_grant_failsWhenFull() public {
        grantLeaves(0, 1);
        vm.store(address(consents), _sizeSlot(), bytes32(uint256(1 << 20) << SIZE_OFFSET));
        vm.assertEq(consents.size(), 1 << 20, "size");
        uint256[] memory batch = one(leaf(1));
        vm.expectRevert(IConsentRegistry.TreeFull.selector);
        vm.prank(RELAYER);
        consents.grant(batch);
    }

    function testFuzz_grant_anyBatchesGiveTheTreeOfAllLeaves(uint8[4] calldata sizes) public {
        uint256 next = 0;
        for (uint256 i = 0; i < sizes.length; ++i) {
            uint256 size = uint256(sizes[i]) % 7;
            grantLeaves(next, size);
            next += size;
        }
        vm.assertEq(consents.size(), next, "size");
        vm.assertEq(consents.root(), tree.root(), "root");
    }

    /// @notice Grants and revocations mixed: the kept frontier never disagrees with the tree computed anew.
    function testFuzz_grant_afterRevocationsAnywhere(uint256 seed) public {
        uint256 next = 0;
        for (uint256 step = 0; step < 3; ++step) {
            seed = uint256(keccak256(abi.encode(seed)));
            uint256 size = seed % 5 + 1;
            grantLeaves(next, size);
            next += size;
            uint256 victim = (seed >> 8) % next;
            if (consents.leafOf(leaf(victim)).state == IConsentRegistry.LeafState.Live) {
                revokeLeaf(victim);
                applyLeaf(victim, victim);
            }
        }
        vm.assertEq(consents.root(), tree.root(), "root");
    }

    function _sizeSlot() private view returns (bytes32) {
        for (uint256 i = 0; i < 16; ++i) {
            if (vm.load(address(consents), bytes32(i)) == bytes32(uint256(1) << SIZE_OFFSET)) return bytes32(i);
        }
        revert("no slot holds the size");
    }
}
