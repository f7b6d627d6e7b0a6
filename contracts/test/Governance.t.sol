// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IAccessControl} from "@openzeppelin/contracts/access/IAccessControl.sol";
import {AnalysisLedger} from "../src/AnalysisLedger.sol";
import {CircuitRegistry} from "../src/CircuitRegistry.sol";
import {ICircuitRegistry} from "../src/interfaces/ICircuitRegistry.sol";
import {IProposals} from "../src/interfaces/IProposals.sol";
import {Timelock} from "../src/Timelock.sol";
import {World} from "./support/World.sol";
import {vm} from "./support/Vm.sol";

/// @notice Circuit versions by several officers, and roles behind a timelock.
contract GovernanceTest is World {
    address private constant SECOND = address(0x2001);
    uint40 private constant DELAY = 2 days;

    CircuitRegistry private circuits;
    Timelock private timelock;

    function setUp() public override {
        super.setUp();
        circuits = new CircuitRegistry(address(this), 2, DELAY);
        circuits.grantRole(circuits.OFFICER(), OFFICER);
        circuits.grantRole(circuits.OFFICER(), SECOND);
        circuits.grantRole(circuits.WARDEN(), WARDEN);
        address[] memory proposers = new address[](2);
        (proposers[0], proposers[1]) = (OFFICER, WARDEN);
        timelock = new Timelock(DELAY, proposers, new address[](1));
        ledger.grantRole(0, address(timelock));
        ledger.renounceRole(0, address(this));
    }

    function test_circuit_comesIntoForceByTwoOfficersAfterTheDelay() public {
        vm.prank(OFFICER);
        circuits.propose(address(ledger));
        vm.expectPartialRevert(IProposals.NotReady.selector);
        circuits.enact(address(ledger));
        vm.prank(SECOND);
        circuits.approve(address(ledger));
        vm.warp(START + DELAY - 1);
        vm.expectPartialRevert(IProposals.NotReady.selector);
        circuits.enact(address(ledger));
        vm.warp(START + DELAY);
        circuits.enact(address(ledger));
        ICircuitRegistry.Version memory version = circuits.current();
        vm.assertEq(version.ledger, address(ledger), "ledger");
        vm.assertEq(version.circuitVersion, 1, "circuit");
        vm.assertEq(version.verifyingKeyHash, verifier.verifyingKeyHash(), "key");
    }

    function test_circuit_vetoAndRoles() public {
        vm.expectPartialRevert(IAccessControl.AccessControlUnauthorizedAccount.selector);
        vm.prank(STRANGER);
        circuits.propose(address(ledger));
        vm.prank(OFFICER);
        circuits.propose(address(ledger));
        vm.expectPartialRevert(IAccessControl.AccessControlUnauthorizedAccount.selector);
        vm.prank(OFFICER);
        circuits.veto(address(ledger));
        vm.prank(WARDEN);
        circuits.veto(address(ledger));
        vm.assertEq(
            uint256(circuits.proposalOf(address(ledger)).state), uint256(IProposals.ProposalState.Vetoed), "vetoed"
        );
        vm.expectRevert(ICircuitRegistry.NothingInForce.selector);
        circuits.current();
    }

    function test_circuit_withdrawnAtOnceAndTheOneBeforeIsCurrent() public {
        _enact(ledger);
        AnalysisLedger newer = ledgerWithRoles();
        _enact(newer);
        vm.assertEq(circuits.current().ledger, address(newer), "newest");
        vm.prank(WARDEN);
        circuits.withdraw(address(newer));
        vm.assertEq(circuits.current().ledger, address(ledger), "the one before");
        vm.assertEq(circuits.count(), 2, "both stay readable");
        vm.assertEq(circuits.versionAt(1).withdrawnAt, block.timestamp, "withdrawn");
    }

    function test_roles_changeOnlyThroughTheTimelock() public {
        bytes32 role = ledger.PUBLISHER();
        vm.expectPartialRevert(IAccessControl.AccessControlUnauthorizedAccount.selector);
        ledger.grantRole(role, STRANGER);
        bytes memory call = abi.encodeCall(ledger.grantRole, (role, STRANGER));
        vm.prank(OFFICER);
        timelock.schedule(address(ledger), 0, call, 0, 0, DELAY);
        vm.expectRevert();
        timelock.execute(address(ledger), 0, call, 0, 0);
        vm.warp(block.timestamp + DELAY);
        vm.prank(STRANGER);
        timelock.execute(address(ledger), 0, call, 0, 0);
        vm.assertTrue(ledger.hasRole(role, STRANGER), "granted");
    }

    function test_roles_changeCanBeCancelled() public {
        bytes memory call = abi.encodeCall(ledger.grantRole, (ledger.PUBLISHER(), STRANGER));
        vm.prank(OFFICER);
        timelock.schedule(address(ledger), 0, call, 0, 0, DELAY);
        bytes32 id = timelock.hashOperation(address(ledger), 0, call, 0, 0);
        vm.prank(WARDEN);
        timelock.cancel(id);
        vm.warp(block.timestamp + DELAY);
        vm.expectRevert();
        timelock.execute(address(ledger), 0, call, 0, 0);
    }

    function test_guardianClosesAtOnceAndOnlyTheTimelockReopens() public {
        vm.prank(GUARDIAN);
        ledger.close();
        vm.expectPartialRevert(IAccessControl.AccessControlUnauthorizedAccount.selector);
        vm.prank(GUARDIAN);
        ledger.reopen();
        bytes memory call = abi.encodeCall(ledger.reopen, ());
        vm.prank(WARDEN);
        timelock.schedule(address(ledger), 0, call, 0, 0, DELAY);
        vm.warp(block.timestamp + DELAY);
        timelock.execute(address(ledger), 0, call, 0, 0);
        vm.assertFalse(ledger.closed(), "open again");
    }

    function _enact(AnalysisLedger version) private {
        vm.prank(OFFICER);
        circuits.propose(address(version));
        vm.prank(SECOND);
        circuits.approve(address(version));
        vm.warp(block.timestamp + DELAY);
        circuits.enact(address(version));
    }
}
