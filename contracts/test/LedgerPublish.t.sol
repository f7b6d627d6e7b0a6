// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {AnalysisLedger} from "../src/AnalysisLedger.sol";
import {ConsentRegistry} from "../src/ConsentRegistry.sol";
import {IAnalysisLedger} from "../src/interfaces/IAnalysisLedger.sol";
import {IAnalysisVerifier} from "../src/interfaces/IAnalysisVerifier.sol";
import {INullifierSet} from "../src/interfaces/INullifierSet.sol";
import {Field} from "../src/libraries/Field.sol";
import {World} from "./support/World.sol";
import {Vm, vm} from "./support/Vm.sol";

/// @notice Publication: which statements the ledger takes. Each test starts with request 1 reserved.
contract LedgerPublishTest is World {
    uint256 private nullifier;
    IAnalysisLedger.Statement private s;
    IAnalysisLedger.Appearances private n;

    function setUp() public override {
        super.setUp();
        populate();
        (nullifier,) = reserve(1);
        s = statementNow(1);
        n = appearancesOf(s);
        vm.warp(block.timestamp + 5);
    }

    function test_publish_oneSlotOneEvent() public {
        IAnalysisLedger.Part[] memory parts = partsOf(nullifier, s, 2);
        vm.recordLogs();
        _publish(parts);
        Vm.Log[] memory logs = vm.getRecordedLogs();
        vm.assertEq(logs.length, 1, "events");
        Published memory told = publishedIn(logs[0].data);
        vm.assertEq(keccak256(abi.encode(told.statement)), keccak256(abi.encode(s)), "statement");
        vm.assertEq(keccak256(abi.encode(told.parts)), keccak256(abi.encode(parts)), "parts");
        vm.assertEq(told.time, block.timestamp, "time");
        isStatus(nullifier, IAnalysisLedger.Status.Published);
    }

    function test_publish_onlyByTheHolderOfTheReservation() public {
        IAnalysisLedger.Part[] memory parts = partsOf(nullifier, s, 1);
        vm.expectRevert(abi.encodeWithSelector(IAnalysisLedger.NotReserved.selector, nullifier));
        vm.prank(OTHER_PUBLISHER);
        ledger.publish(nullifier, s, n, parts);
    }

    function test_publish_onceOnly() public {
        IAnalysisLedger.Part[] memory parts = partsOf(nullifier, s, 1);
        _publish(parts);
        _expectRefused(parts, abi.encodeWithSelector(IAnalysisLedger.NotReserved.selector, nullifier));
    }

    function test_publish_failsAfterTheReservationExpired() public {
        IAnalysisLedger.Part[] memory parts = partsOf(nullifier, s, 1);
        vm.warp(s.asOf + PERIOD + 1);
        _expectRefused(parts, abi.encodeWithSelector(IAnalysisLedger.NotReserved.selector, nullifier));
        vm.warp(s.asOf + PERIOD);
        _publish(parts);
    }

    /// @notice Attack: a proof dated back over a revocation, or ahead of one that is coming.
    function test_publish_asOfIsTheTimeOfTheReservation() public {
        IAnalysisLedger.Part[] memory parts = partsOf(nullifier, s, 1);
        uint256 reserved = s.asOf;
        uint256[4] memory wrong = [reserved - 1, reserved + 1, block.timestamp, reserved + (1 << 40)];
        for (uint256 i = 0; i < 4; ++i) {
            s.asOf = wrong[i];
            _expectRefused(
                parts,
                wrong[i] < block.timestamp
                    ? abi.encodeWithSelector(IAnalysisLedger.NotReserved.selector, nullifier)
                    : abi.encodeWithSelector(IAnalysisLedger.TooEarly.selector)
            );
        }
    }

    /// @notice Attack: published in the second of the reservation, before a revocation of the same second.
    function test_publish_notInTheSecondOfTheReservation() public {
        (uint256 second,) = reserve(2);
        s = statementNow(2);
        IAnalysisLedger.Part[] memory parts = partsOf(second, s, 1);
        vm.expectRevert(IAnalysisLedger.TooEarly.selector);
        vm.prank(PUBLISHER);
        ledger.publish(second, s, n, parts);
        revokeLeaf(0); // still the same second
        vm.warp(block.timestamp + 1);
        vm.expectRevert(IAnalysisLedger.ConsentRootNotValid.selector);
        vm.prank(PUBLISHER);
        ledger.publish(second, s, n, parts);
    }

    function test_publish_failsForAnotherRequestThanReserved() public {
        s.requestCommitment += 1;
        _expectRefused(
            partsOf(nullifier, s, 1), abi.encodeWithSelector(IAnalysisLedger.NotReserved.selector, nullifier)
        );
    }

    function test_publish_validAsOfTheReservationEvenIfRevokedLater() public {
        IAnalysisLedger.Part[] memory parts = partsOf(nullifier, s, 1);
        revokeLeaf(0);
        _publish(parts); // what was permitted then was permitted; the gate decides what is released now
        isStatus(nullifier, IAnalysisLedger.Status.Published);
    }

    /// @notice Attack: old roots. Each of the four must have been valid at asOf.
    function test_publish_failsWithStaleRoots() public {
        IAnalysisLedger.Statement memory old = s;
        vm.warp(block.timestamp + 1);
        vm.prank(AUTHORITY);
        enrolments.withdraw(fr("enrol", 1));
        vm.prank(OPERATOR);
        records.anchor(fr("records", 1), 1);
        approveModel(fr("model", 1));
        vm.prank(WARDEN);
        models.withdraw(fr("model", 0));
        revokeLeaf(0);
        applyLeaf(0, 0);
        grantLeaves(1, 1);
        vm.warp(block.timestamp + 1);
        (uint256 second,) = reserve(2);
        IAnalysisLedger.Statement memory now_ = statementNow(2);
        IAnalysisLedger.Appearances memory m = appearancesOf(now_);
        vm.warp(block.timestamp + 1);
        bytes4[4] memory errors = [
            IAnalysisLedger.ConsentRootNotValid.selector,
            IAnalysisLedger.RecordRootNotValid.selector,
            IAnalysisLedger.ModelRootNotValid.selector,
            IAnalysisLedger.EnrolRootNotValid.selector
        ];
        for (uint256 i = 0; i < 4; ++i) {
            IAnalysisLedger.Statement memory mixed = abi.decode(abi.encode(now_), (IAnalysisLedger.Statement));
            if (i == 0) mixed.consentRoot = old.consentRoot;
            if (i == 1) mixed.recordRoot = old.recordRoot;
            if (i == 2) mixed.modelRoot = old.modelRoot;
            if (i == 3) mixed.enrolRoot = old.enrolRoot;
            IAnalysisLedger.Part[] memory parts = partsOf(second, mixed, 1);
            vm.expectRevert(errors[i]);
            vm.prank(PUBLISHER);
            ledger.publish(second, mixed, m, parts);
        }
        IAnalysisLedger.Part[] memory good = partsOf(second, now_, 1);
        vm.prank(PUBLISHER);
        ledger.publish(second, now_, m, good);
    }

    function test_publish_failsWithRootsThatCameAfterTheReservation() public {
        vm.prank(OPERATOR);
        records.anchor(fr("records", 1), 1);
        s.recordRoot = records.root();
        IAnalysisLedger.Part[] memory parts = partsOf(nullifier, s, 1);
        _expectRefused(parts, abi.encodeWithSelector(IAnalysisLedger.RecordRootNotValid.selector));
    }

    /// @notice Attack: a registry of the attacker's own, or of another chain, in the signal.
    function test_publish_failsForARegistryThatIsNotAdmitted() public {
        ConsentRegistry own = newConsents();
        uint256[2] memory ids = [own.registryId(), consents.registryId() + (1 << 160)];
        for (uint256 i = 0; i < 2; ++i) {
            s.registryId = ids[i];
            IAnalysisLedger.Part[] memory parts = partsOf(nullifier, s, 1);
            _expectRefused(parts, abi.encodeWithSelector(IAnalysisLedger.UnknownRegistry.selector, ids[i]));
        }
    }

    /// @notice Attack: the root of one admitted registry under the name of another.
    function test_publish_takesConsentRootFromTheRegistryThatIsNamed() public {
        ConsentRegistry second = newConsents();
        ledger.admitRegistry(address(second));
        s.registryId = second.registryId();
        IAnalysisLedger.Part[] memory parts = partsOf(nullifier, s, 1);
        _expectRefused(parts, abi.encodeWithSelector(IAnalysisLedger.ConsentRootNotValid.selector));
    }

    function test_publish_failsForAliasesAndBadPoints() public {
        IAnalysisLedger.Part[] memory parts = partsOf(nullifier, s, 1);
        parts[0].resultCommitment += Field.R;
        _expectRefused(
            parts, abi.encodeWithSelector(IAnalysisLedger.OutOfField.selector, parts[0].resultCommitment)
        );
        parts = partsOf(nullifier, s, 1);
        parts[0].proof.a[1] += Field.Q;
        _expectRefused(parts, abi.encodeWithSelector(IAnalysisVerifier.CoordinateOutOfField.selector));
        parts = partsOf(nullifier, s, 1);
        parts[0].proof.c[1] = addmod(parts[0].proof.c[1], 1, Field.Q);
        _expectRefused(parts, abi.encodeWithSelector(IAnalysisVerifier.NotOnCurve.selector));
    }

    function test_publish_oneTo64Parts() public {
        IAnalysisLedger.Part[] memory parts = new IAnalysisLedger.Part[](65);
        for (uint256 i = 0; i < 65; ++i) {
            parts[i] = junkPart(i);
        }
        _expectRefused(parts, abi.encodeWithSelector(IAnalysisLedger.WrongPartCount.selector, 65));
        _expectRefused(
            new IAnalysisLedger.Part[](0), abi.encodeWithSelector(IAnalysisLedger.WrongPartCount.selector, 0)
        );
        assembly ("memory-safe") {
            mstore(parts, 64)
        }
        _publish(parts);
    }

    /// @notice Attack: a second version of the ledger counts the same use again.
    function test_publish_aNewerLedgerCannotUseTheNullifierAgain() public {
        AnalysisLedger newer = newLedger();
        uint256 request = fr("request", 1);
        vm.expectRevert(abi.encodeWithSelector(INullifierSet.HeldByAnotherLedger.selector, nullifier));
        vm.prank(PUBLISHER);
        newer.reserve(nullifier, request);
        vm.warp(block.timestamp + PERIOD + 1); // expired in the older one
        vm.expectRevert(abi.encodeWithSelector(INullifierSet.HeldByAnotherLedger.selector, nullifier));
        vm.prank(PUBLISHER);
        newer.reserve(nullifier, request);
    }

    /// @notice Attack: a proof made for one ledger is shown to another.
    function test_publish_proofOfAnotherLedgerDoesNotHold() public {
        AnalysisLedger newer = newLedger();
        uint256 second = fr("nullifier", 2);
        uint256 request = fr("request", 2);
        vm.prank(PUBLISHER);
        newer.reserve(second, request);
        s = statementNow(2);
        IAnalysisLedger.Part[] memory parts = partsOf(second, s, 1); // context of the older ledger
        vm.warp(block.timestamp + 1);
        vm.expectRevert(abi.encodeWithSelector(IAnalysisLedger.ProofDoesNotHold.selector, 0));
        newer.publishVerified(second, PUBLISHER, s, n, parts, 0);
    }

    function test_publish_isUnprovenADayLater() public {
        _publish(partsOf(nullifier, s, 1));
        uint256 published = block.timestamp;
        vm.warp(published + 1 days);
        isStatus(nullifier, IAnalysisLedger.Status.Published);
        vm.warp(published + 1 days + 1);
        isStatus(nullifier, IAnalysisLedger.Status.Unproven);
    }

    function _publish(IAnalysisLedger.Part[] memory parts) private {
        vm.prank(PUBLISHER);
        ledger.publish(nullifier, s, n, parts);
    }

    function _expectRefused(IAnalysisLedger.Part[] memory parts, bytes memory reason) private {
        vm.expectRevert(reason);
        vm.prank(PUBLISHER);
        ledger.publish(nullifier, s, n, parts);
    }
}
