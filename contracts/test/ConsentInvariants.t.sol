// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IConsentRegistry} from "../src/interfaces/IConsentRegistry.sol";
import {Targets} from "./support/Targets.sol";
import {World} from "./support/World.sol";
import {vm} from "./support/Vm.sol";

/// @notice Patients 0 to 11 grant and revoke, relayers repeat themselves, strangers try; time passes or stands still.
contract ConsentHandler is World {
    uint256 internal constant PATIENTS = 12;
    uint256[] public order; // patient at each position of the tree
    mapping(uint256 patient => bool) public revoked;
    uint256[] public roots; // every root ever seen
    uint256[] public contained; // which patients' leaves stand in it, a bit each
    uint256 public everRevoked; // the same of revoked ones
    uint256 private _present;
    uint256 public largest;
    bool public strangerRevoked;

    constructor() {
        setUp();
    }

    function grant(uint256 first, uint256 count) external {
        first %= PATIENTS;
        count = count % 4 + 1;
        uint256[] memory batch = new uint256[](count);
        for (uint256 i = 0; i < count; ++i) {
            batch[i] = leaf((first + i) % PATIENTS);
        }
        bool blocked = consents.pending() != 0;
        vm.prank(RELAYER);
        try consents.grant(batch) {
            require(!blocked, "granted while a revocation was pending");
            for (uint256 i = 0; i < count; ++i) {
                uint256 patient = (first + i) % PATIENTS;
                if (consents.leafOf(batch[i]).index != order.length || revoked[patient]) continue;
                if (consents.size() == order.length) continue;
                order.push(patient);
                tree.push(batch[i]);
                _present |= 1 << patient;
            }
        } catch {
            require(blocked, "not granted");
        }
        _note();
    }

    function revoke(uint256 patient) external {
        patient %= PATIENTS;
        revokeLeaf(patient);
        revoked[patient] = true;
        everRevoked |= 1 << patient;
        _note();
    }

    function revokeAsStranger(uint256 patient, uint256 key) external {
        patient %= PATIENTS;
        key = key % 1000 + 1;
        uint256 before = uint256(consents.leafOf(leaf(patient)).state);
        bytes memory signed = signature(consents, leaf(patient), FOREVER, key);
        try consents.revoke(fr("inner", patient), controllerOf(patient), FOREVER, signed) {
            strangerRevoked = true;
        } catch {}
        if (uint256(consents.leafOf(leaf(patient)).state) != before) strangerRevoked = true;
    }

    function apply_(uint256 index) external {
        if (order.length == 0) return;
        index %= order.length;
        if (consents.leafOf(leaf(order[index])).state != IConsentRegistry.LeafState.Pending) return;
        applyLeaf(order[index], index);
        _present &= ~(1 << order[index]);
        _note();
    }

    function wait_(uint256 time) external {
        vm.warp(block.timestamp + time % 3);
    }

    function registry() external view returns (IConsentRegistry) {
        return consents;
    }

    function expectedRoot() external view returns (uint256) {
        return tree.root();
    }

    function placed() external view returns (uint256) {
        return order.length;
    }

    function seen() external view returns (uint256) {
        return roots.length;
    }

    function leafOfPatient(uint256 patient) external view returns (uint256) {
        return leaf(patient);
    }

    function _note() private {
        roots.push(consents.root());
        contained.push(_present);
        require(consents.size() >= largest, "the tree shrank");
        largest = consents.size();
    }
}

contract ConsentInvariantsTest is Targets {
    ConsentHandler private patients;
    IConsentRegistry private consents;

    function setUp() public {
        patients = new ConsentHandler();
        consents = patients.registry();
        handler = address(patients);
        actions = [
            patients.grant.selector,
            patients.revoke.selector,
            patients.revokeAsStranger.selector,
            patients.apply_.selector,
            patients.wait_.selector
        ];
    }

    /// @dev One campaign for all rules.
    function invariant_consents() public view {
        _rootIsTheTreeOfWhatWasGrantedAndNotRemoved();
        _aRevokedLeafNeverLivesAgain();
        _noRootIsValidWhileARevocationIsPending();
        _noRootWithARevokedLeafIsValid();
        vm.assertFalse(patients.strangerRevoked(), "nobody but its controller revokes a leaf");
    }

    function _rootIsTheTreeOfWhatWasGrantedAndNotRemoved() private view {
        vm.assertEq(consents.root(), patients.expectedRoot(), "root");
        vm.assertEq(consents.size(), patients.placed(), "size");
    }

    function _aRevokedLeafNeverLivesAgain() private view {
        for (uint256 patient = 0; patient < 12; ++patient) {
            bool live = consents.leafOf(patients.leafOfPatient(patient)).state == IConsentRegistry.LeafState.Live;
            vm.assertFalse(live && patients.revoked(patient), "live and revoked");
        }
    }

    /// @dev Whatever the order of grants and revocations: no proof over a revoked leaf can name a root of now.
    function _noRootWithARevokedLeafIsValid() private view {
        (uint256 seen, uint256 revoked) = (patients.seen(), patients.everRevoked());
        for (uint256 i = 0; i < seen; ++i) {
            if (patients.contained(i) & revoked == 0) continue;
            uint256 root = patients.roots(i);
            for (uint32 n = 0; n < consents.appearances(root); ++n) {
                vm.assertFalse(consents.rootValidAt(root, n, block.timestamp), "a revoked leaf can be proven");
            }
        }
    }

    function _noRootIsValidWhileARevocationIsPending() private view {
        uint256 pending = 0;
        for (uint256 i = 0; i < patients.placed(); ++i) {
            uint256 leaf = patients.leafOfPatient(patients.order(i));
            if (consents.leafOf(leaf).state == IConsentRegistry.LeafState.Pending) ++pending;
        }
        vm.assertEq(consents.pending(), pending, "pending");
        if (pending == 0) return;
        for (uint256 i = 0; i < patients.seen(); ++i) {
            uint256 root = patients.roots(i);
            for (uint32 n = 0; n < consents.appearances(root); ++n) {
                vm.assertFalse(consents.rootValidAt(root, n, block.timestamp), "valid now");
            }
        }
    }
}
