// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IAnalysisLedger} from "../src/interfaces/IAnalysisLedger.sol";
import {World} from "./support/World.sol";
import {vm} from "./support/Vm.sol";

/// @notice What a whole transaction costs, kept in snapshots/gas.json. The registry holds 65 leaves before each grant.
/// forge-config: default.isolate = true
contract GasTest is World {
    function setUp() public override {
        super.setUp();
        populate();
        grantLeaves(1, 64);
        revokeLeaf(64); // so that the epoch is not the first
        applyLeaf(64, 64);
        vm.warp(block.timestamp + 10);
    }

    function test_gas_grant1() public {
        grantLeaves(100, 1);
        vm.snapshotGasLastCall("gas", "grant, 1 leaf");
    }

    function test_gas_grant16() public {
        grantLeaves(100, 16);
        vm.snapshotGasLastCall("gas", "grant, 16 leaves");
    }

    function test_gas_grant64() public {
        grantLeaves(100, 64);
        uint256 used = vm.snapshotGasLastCall("gas", "grant, 64 leaves");
        vm.assertLe(used, 64 * 70_000, "at most 70k a leaf");
    }

    function test_gas_revoke() public {
        revokeLeaf(5);
        vm.assertLe(vm.snapshotGasLastCall("gas", "revoke"), 80_000, "at most 80k, the first of an epoch too");
        revokeLeaf(6);
        vm.snapshotGasLastCall("gas", "revoke, another pending");
    }

    function test_gas_apply() public {
        revokeLeaf(5);
        uint256[] memory list = one(leaf(5));
        uint256[20][] memory paths = new uint256[20][](1);
        paths[0] = tree.path(5);
        consents.applyRevocation(list, paths);
        vm.snapshotGasLastCall("gas", "applyRevocation, 1 leaf");
    }

    function test_gas_revokeAndApply() public {
        bytes memory signed = signature(consents, leaf(5), FOREVER, keyOf(5));
        uint256[20] memory path = tree.path(5);
        consents.revokeAndApply(fr("inner", 5), controllerOf(5), FOREVER, signed, path);
        vm.snapshotGasLastCall("gas", "revokeAndApply");
    }

    function test_gas_analysisOfOnePart() public {
        (uint256 nullifier,) = reserve(1);
        uint256 total = vm.snapshotGasLastCall("gas", "reserve");
        IAnalysisLedger.Statement memory s = statementNow(1);
        IAnalysisLedger.Appearances memory n = appearancesOf(s);
        IAnalysisLedger.Part[] memory parts = partsOf(nullifier, s, 1);
        vm.warp(block.timestamp + 1);
        vm.prank(PUBLISHER);
        ledger.publish(nullifier, s, n, parts);
        total += vm.snapshotGasLastCall("gas", "publish, 1 part");
        vm.snapshotValue("gas", "reserve and publish, 1 part", total);
        vm.assertLe(total, 130_000, "at most 130k");
        ledger.verify(nullifier, PUBLISHER, s, 0, parts[0], new bytes32[](0));
        vm.snapshotGasLastCall("gas", "verify, 1 part");
    }

    function test_gas_analysisWithOldRoots() public {
        (uint256 nullifier,) = reserve(1);
        IAnalysisLedger.Statement memory s = statementNow(1);
        IAnalysisLedger.Appearances memory n = appearancesOf(s);
        IAnalysisLedger.Part[] memory parts = partsOf(nullifier, s, 1);
        vm.warp(block.timestamp + 1);
        grantLeaves(100, 1);
        vm.prank(OPERATOR);
        records.anchor(fr("records", 2), 2);
        vm.prank(AUTHORITY);
        enrolments.enrol(fr("enrol", 2));
        vm.prank(PUBLISHER);
        ledger.publish(nullifier, s, n, parts);
        vm.snapshotGasLastCall("gas", "publish, 1 part, three newer roots");
    }

    function test_gas_publishVerified() public {
        (uint256 nullifier,) = reserve(1);
        IAnalysisLedger.Statement memory s = statementNow(1);
        IAnalysisLedger.Appearances memory n = appearancesOf(s);
        IAnalysisLedger.Part[] memory parts = partsOf(nullifier, s, 1);
        vm.warp(block.timestamp + 1);
        ledger.publishVerified(nullifier, PUBLISHER, s, n, parts, 0);
        vm.snapshotGasLastCall("gas", "publishVerified, 1 part");
    }

    function test_gas_anchors() public {
        vm.prank(OPERATOR);
        records.anchor(fr("records", 2), 2);
        vm.snapshotGasLastCall("gas", "RecordAnchor.anchor");
        vm.prank(OPERATOR);
        audit.anchor(bytes32(fr("head", 1)), 7);
        vm.snapshotGasLastCall("gas", "AuditAnchor.anchor");
        vm.prank(AUTHORITY);
        enrolments.enrol(fr("enrol", 2));
        vm.snapshotGasLastCall("gas", "EnrolmentRegistry.enrol");
        vm.prank(OFFICER);
        models.propose(fr("model", 2));
        vm.snapshotGasLastCall("gas", "ModelRegistry.propose");
        models.enact(fr("model", 2));
        vm.snapshotGasLastCall("gas", "ModelRegistry.enact");
        vm.prank(WARDEN);
        models.withdraw(fr("model", 0));
        vm.snapshotGasLastCall("gas", "ModelRegistry.withdraw");
    }
}
