// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IAccessControl} from "@openzeppelin/contracts/access/IAccessControl.sol";
import {ConsentRegistry} from "../src/ConsentRegistry.sol";
import {IAnalysisLedger} from "../src/interfaces/IAnalysisLedger.sol";
import {Field} from "../src/libraries/Field.sol";
import {World} from "./support/World.sol";
import {vm} from "./support/Vm.sol";

contract LedgerReserveTest is World {
    function setUp() public override {
        super.setUp();
        populate();
    }

    function test_reserve_takesTheNullifier() public {
        uint256 nullifier = fr("nullifier", 1);
        vm.expectEmit(true, true, true, true, address(ledger));
        emit IAnalysisLedger.Reserved(nullifier, fr("request", 1), PUBLISHER, uint40(block.timestamp));
        reserve(1);
        IAnalysisLedger.Entry memory entry = ledger.entryOf(nullifier);
        vm.assertEq(uint256(entry.status), uint256(IAnalysisLedger.Status.Reserved), "status");
        vm.assertEq(entry.time, block.timestamp, "time");
        vm.assertEq(entry.ledger, 1, "ledger");
    }

    function test_reserve_onlyByPublishers() public {
        vm.expectPartialRevert(IAccessControl.AccessControlUnauthorizedAccount.selector);
        vm.prank(STRANGER);
        ledger.reserve(1, 2);
        vm.expectPartialRevert(IAccessControl.AccessControlUnauthorizedAccount.selector);
        vm.prank(STRANGER);
        ledger.reserveAfter(1, 2, PUBLISHER);
    }

    function test_reserve_publishersComeAndGo() public {
        bytes32 role = ledger.PUBLISHER();
        ledger.revokeRole(role, PUBLISHER);
        vm.expectPartialRevert(IAccessControl.AccessControlUnauthorizedAccount.selector);
        vm.prank(PUBLISHER);
        ledger.reserve(1, 2);
        vm.prank(OTHER_PUBLISHER);
        ledger.reserve(1, 2);
        ledger.grantRole(role, STRANGER);
        ledger.revokeRole(role, OTHER_PUBLISHER);
        vm.expectPartialRevert(IAccessControl.AccessControlUnauthorizedAccount.selector);
        vm.prank(OTHER_PUBLISHER);
        ledger.reserve(2, 2);
        vm.prank(STRANGER);
        ledger.reserve(2, 2);
        vm.prank(STRANGER);
        ledger.renounceRole(role, STRANGER);
        vm.expectPartialRevert(IAccessControl.AccessControlUnauthorizedAccount.selector);
        vm.prank(STRANGER);
        ledger.reserve(3, 2);
    }

    function test_reserve_failsWhileItIsReserved() public {
        (uint256 nullifier, uint256 request) = reserve(1);
        vm.warp(block.timestamp + PERIOD);
        vm.startPrank(PUBLISHER);
        vm.expectRevert(abi.encodeWithSelector(IAnalysisLedger.NullifierTaken.selector, nullifier));
        ledger.reserve(nullifier, request);
        vm.expectRevert(abi.encodeWithSelector(IAnalysisLedger.NullifierTaken.selector, nullifier));
        ledger.reserve(nullifier, request + 1);
    }

    /// @notice Attack: U + r is the same use under another number.
    function test_reserve_refusesAliases() public {
        vm.startPrank(PUBLISHER);
        vm.expectRevert(abi.encodeWithSelector(IAnalysisLedger.OutOfField.selector, Field.R + 1));
        ledger.reserve(Field.R + 1, 2);
        vm.expectRevert(abi.encodeWithSelector(IAnalysisLedger.OutOfField.selector, Field.R + 2));
        ledger.reserve(1, Field.R + 2);
    }

    function test_reserve_expiresVisiblyAndReturnsToTheSameRequest() public {
        (uint256 nullifier, uint256 request) = reserve(1);
        vm.warp(block.timestamp + PERIOD + 1);
        isStatus(nullifier, IAnalysisLedger.Status.Expired);
        vm.startPrank(PUBLISHER);
        vm.expectRevert(abi.encodeWithSelector(IAnalysisLedger.NullifierTaken.selector, nullifier));
        ledger.reserve(nullifier, request + 1); // another request on a use that may have opened records
        ledger.reserve(nullifier, request);
        isStatus(nullifier, IAnalysisLedger.Status.Reserved);
    }

    /// @notice A second publisher can do all that the first can, also finish what it left.
    function test_reserveAfter_letsAnotherPublisherGoOn() public {
        (uint256 nullifier, uint256 request) = reserve(1);
        vm.startPrank(OTHER_PUBLISHER);
        vm.expectRevert(abi.encodeWithSelector(IAnalysisLedger.NullifierTaken.selector, nullifier));
        ledger.reserveAfter(nullifier, request, PUBLISHER);
        vm.warp(block.timestamp + PERIOD + 1);
        vm.expectRevert(abi.encodeWithSelector(IAnalysisLedger.NullifierTaken.selector, nullifier));
        ledger.reserve(nullifier, request);
        ledger.reserveAfter(nullifier, request, PUBLISHER);
        IAnalysisLedger.Statement memory s = statementNow(1);
        IAnalysisLedger.Part[] memory parts = partsOf(nullifier, s, 1);
        IAnalysisLedger.Appearances memory n = appearancesOf(s);
        vm.warp(block.timestamp + 1);
        ledger.publish(nullifier, s, n, parts);
    }

    function test_reserve_failsWhileARevocationIsPending() public {
        revokeLeaf(0);
        vm.expectRevert(abi.encodeWithSelector(IAnalysisLedger.RevocationsPending.selector, address(consents)));
        vm.prank(PUBLISHER);
        ledger.reserve(1, 2);
        applyLeaf(0, 0);
        vm.prank(PUBLISHER);
        ledger.reserve(1, 2);
    }

    function test_reserve_asksEveryRegistry() public {
        ConsentRegistry second = newConsents();
        ledger.admitRegistry(address(second));
        uint256 other = leafOf(second, fr("inner", 0), STRANGER);
        vm.prank(RELAYER);
        second.grant(one(other));
        vm.prank(STRANGER);
        second.revoke(fr("inner", 0), STRANGER, FOREVER, "");
        vm.expectRevert(abi.encodeWithSelector(IAnalysisLedger.RevocationsPending.selector, address(second)));
        vm.prank(PUBLISHER);
        ledger.reserve(1, 2);
    }

    function test_admitRegistry_onceAndAtMostEight() public {
        vm.expectRevert(abi.encodeWithSelector(IAnalysisLedger.CannotAdmit.selector, address(consents)));
        ledger.admitRegistry(address(consents));
        for (uint160 i = 2; i <= 8; ++i) {
            ledger.admitRegistry(address(0x5000 + i));
        }
        vm.expectRevert(abi.encodeWithSelector(IAnalysisLedger.CannotAdmit.selector, STRANGER));
        ledger.admitRegistry(STRANGER);
        vm.expectPartialRevert(IAccessControl.AccessControlUnauthorizedAccount.selector);
        vm.prank(STRANGER);
        ledger.admitRegistry(STRANGER);
    }

    function test_close_stopsReserveAndPublishNeverVerify() public {
        (uint256 first,) = reserve(1);
        IAnalysisLedger.Statement memory s = statementNow(1);
        IAnalysisLedger.Appearances memory n = appearancesOf(s);
        IAnalysisLedger.Part[] memory parts = partsOf(first, s, 1);
        (uint256 second,) = reserve(2);
        IAnalysisLedger.Statement memory s2 = statementNow(2);
        IAnalysisLedger.Part[] memory parts2 = partsOf(second, s2, 1);
        vm.warp(block.timestamp + 1);
        vm.prank(PUBLISHER);
        ledger.publish(first, s, n, parts);

        vm.expectPartialRevert(IAccessControl.AccessControlUnauthorizedAccount.selector);
        ledger.close();
        vm.prank(GUARDIAN);
        ledger.close();
        vm.startPrank(PUBLISHER);
        vm.expectRevert(IAnalysisLedger.LedgerClosed.selector);
        ledger.reserve(1, 2);
        vm.expectRevert(IAnalysisLedger.LedgerClosed.selector);
        ledger.publish(second, s2, n, parts2);
        vm.expectRevert(IAnalysisLedger.LedgerClosed.selector);
        ledger.publishVerified(second, PUBLISHER, s2, n, parts2, 0);
        vm.expectPartialRevert(IAccessControl.AccessControlUnauthorizedAccount.selector);
        ledger.reopen();
        vm.stopPrank();

        vm.assertTrue(ledger.verify(first, PUBLISHER, s, 0, parts[0], new bytes32[](0)), "verify never stops");
        isStatus(first, IAnalysisLedger.Status.Verified);
        ledger.reopen();
        vm.prank(PUBLISHER);
        ledger.publish(second, s2, n, parts2);
    }

    function test_context_isTheDigestOfChainLedgerAndVersion() public {
        bytes memory preimage = abi.encodePacked("medledger.context", block.chainid, address(ledger), uint256(1));
        vm.assertEq(preimage.length, 17 + 32 + 20 + 32, "length");
        vm.assertEq(ledger.context(), uint256(sha256(preimage)) >> 8, "context");
        uint256 here = ledger.context();
        vm.chainId(4711);
        vm.assertTrue(ledger.context() != here, "another chain, another context");
    }
}
