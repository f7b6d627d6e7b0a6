// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IAccessControl} from "@openzeppelin/contracts/access/IAccessControl.sol";
import {IAuditAnchor} from "../src/interfaces/IAuditAnchor.sol";
import {IEnrolmentRegistry} from "../src/interfaces/IEnrolmentRegistry.sol";
import {IRecordAnchor} from "../src/interfaces/IRecordAnchor.sol";
import {Field} from "../src/libraries/Field.sol";
import {World} from "./support/World.sol";
import {vm} from "./support/Vm.sol";

contract EnrolmentRegistryTest is World {
    struct Expected {
        uint256 root;
        uint256 n;
        uint256 openedAt;
        uint256 closedAt;
    }

    /// @notice The word of the newest window, epochs and their ends answer as a plain list of windows would.
    function testFuzz_windowsAreThoseOfAPlainList(uint256 seed) public {
        Expected[] memory list = new Expected[](10);
        uint256[4] memory count;
        vm.startPrank(AUTHORITY);
        for (uint256 i = 0; i < list.length; ++i) {
            uint256 root = 11 + (seed % 3);
            bool ends = (seed >> 2) % 3 == 0;
            vm.warp(block.timestamp + ((seed >> 5) % 3));
            seed = uint256(keccak256(abi.encode(seed)));
            for (uint256 j = 0; ends && j < i; ++j) {
                if (list[j].closedAt == FOREVER) list[j].closedAt = block.timestamp;
            }
            if (ends) enrolments.withdraw(root);
            else enrolments.enrol(root);
            list[i] = Expected(root, count[root - 11]++, block.timestamp, FOREVER);
        }
        for (uint256 time = START - 1; time <= block.timestamp + 1; ++time) {
            for (uint256 root = 11; root < 15; ++root) {
                for (uint32 n = 0; n < 5; ++n) {
                    bool expected = false;
                    for (uint256 i = 0; i < list.length; ++i) {
                        if (list[i].root != root || list[i].n != n) continue;
                        expected = list[i].openedAt <= time && time < list[i].closedAt;
                    }
                    vm.assertTrue(enrolments.rootValidAt(root, n, time) == expected, "window");
                }
            }
        }
    }

    function test_enrol_endsNothing() public {
        vm.startPrank(AUTHORITY);
        enrolments.enrol(11);
        vm.warp(START + 10);
        enrolments.enrol(12);
        vm.assertEq(enrolments.root(), 12, "root");
        vm.assertTrue(enrolments.rootValidAt(11, 0, START + 10), "first");
        vm.assertTrue(enrolments.rootValidAt(12, 0, START + 10), "second");
        vm.assertFalse(enrolments.rootValidAt(12, 0, START + 9), "not before");
    }

    function test_withdraw_endsEveryRootBefore() public {
        vm.startPrank(AUTHORITY);
        enrolments.enrol(11);
        enrolments.enrol(12);
        vm.warp(START + 10);
        enrolments.withdraw(13);
        vm.assertFalse(enrolments.rootValidAt(11, 0, START + 10), "first");
        vm.assertFalse(enrolments.rootValidAt(12, 0, START + 10), "second");
        vm.assertTrue(enrolments.rootValidAt(12, 0, START + 9), "second before");
        vm.assertTrue(enrolments.rootValidAt(13, 0, START + 10), "third");
    }

    function test_onlyTheAuthorityPosts() public {
        vm.startPrank(OPERATOR);
        vm.expectPartialRevert(IAccessControl.AccessControlUnauthorizedAccount.selector);
        enrolments.enrol(11);
        vm.expectPartialRevert(IAccessControl.AccessControlUnauthorizedAccount.selector);
        enrolments.withdraw(11);
    }

    function test_rootsAreFieldElements() public {
        vm.startPrank(AUTHORITY);
        vm.expectRevert(abi.encodeWithSelector(IEnrolmentRegistry.OutOfField.selector, 0));
        enrolments.enrol(0);
        vm.expectRevert(abi.encodeWithSelector(IEnrolmentRegistry.OutOfField.selector, Field.R));
        enrolments.withdraw(Field.R);
    }
}

contract RecordAnchorTest is World {
    function test_eachAnchorEndsTheOneBefore() public {
        vm.startPrank(OPERATOR);
        records.anchor(21, 1);
        vm.warp(START + 10);
        records.anchor(22, 1);
        vm.assertTrue(records.rootValidAt(21, 0, START + 9), "first before");
        vm.assertFalse(records.rootValidAt(21, 0, START + 10), "first");
        vm.assertTrue(records.rootValidAt(22, 0, START + 10), "second");
    }

    function test_sizesOnlyGrow() public {
        vm.startPrank(OPERATOR);
        records.anchor(21, 5);
        vm.expectRevert(abi.encodeWithSelector(IRecordAnchor.SizeShrank.selector, 5, 4));
        records.anchor(22, 4);
        records.anchor(22, 5);
        vm.assertEq(records.size(), 5, "size");
    }

    function test_onlyTheOperatorAnchors() public {
        vm.expectPartialRevert(IAccessControl.AccessControlUnauthorizedAccount.selector);
        vm.prank(AUTHORITY);
        records.anchor(21, 1);
    }

    function test_rootsAreFieldElements() public {
        vm.startPrank(OPERATOR);
        vm.expectRevert(abi.encodeWithSelector(IRecordAnchor.OutOfField.selector, 0));
        records.anchor(0, 1);
        vm.expectRevert(abi.encodeWithSelector(IRecordAnchor.OutOfField.selector, Field.R + 1));
        records.anchor(Field.R + 1, 1);
    }

    /// @notice Whatever is anchored when, exactly one root is valid at each moment since the first.
    function testFuzz_oneRootIsValidAtAMoment(uint8[8] calldata pauses, uint8 probe) public {
        vm.startPrank(OPERATOR);
        for (uint256 i = 0; i < pauses.length; ++i) {
            records.anchor(100 + i % 3, uint64(i));
            vm.warp(block.timestamp + pauses[i] % 4);
        }
        vm.stopPrank();
        uint256 moment = START + probe % 32;
        uint256 valid = 0;
        for (uint256 root = 100; root < 103; ++root) {
            for (uint32 n = 0; n < records.appearances(root); ++n) {
                if (records.rootValidAt(root, n, moment)) ++valid;
            }
        }
        vm.assertEq(valid, 1, "roots valid at one moment");
    }
}

contract AuditAnchorTest is World {
    function test_anchor_keepsAllHeads() public {
        vm.startPrank(OPERATOR);
        vm.assertEq(audit.latest().size, 0, "none yet");
        vm.expectEmit(true, true, true, true, address(audit));
        emit IAuditAnchor.HeadAnchored(3, bytes32(uint256(31)), uint40(START));
        audit.anchor(bytes32(uint256(31)), 3);
        vm.warp(START + 5);
        audit.anchor(bytes32(uint256(32)), 9);
        vm.assertEq(audit.count(), 2, "count");
        vm.assertEq(audit.headAt(0).root, bytes32(uint256(31)), "first root");
        vm.assertEq(audit.headAt(0).time, START, "first time");
        vm.assertEq(audit.latest().size, 9, "newest size");
    }

    function test_anchor_sizesOnlyGrow() public {
        vm.startPrank(OPERATOR);
        audit.anchor(bytes32(uint256(31)), 3);
        vm.expectRevert(abi.encodeWithSelector(IAuditAnchor.SizeNotGrown.selector, 3, 3));
        audit.anchor(bytes32(uint256(32)), 3);
        vm.expectRevert(abi.encodeWithSelector(IAuditAnchor.SizeNotGrown.selector, 3, 2));
        audit.anchor(bytes32(uint256(32)), 2);
    }

    function test_anchor_onlyByTheOperator() public {
        vm.expectPartialRevert(IAccessControl.AccessControlUnauthorizedAccount.selector);
        vm.prank(STRANGER);
        audit.anchor(bytes32(uint256(31)), 3);
    }
}
