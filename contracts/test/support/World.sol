// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {PoseidonT3} from "../../src/PoseidonT3.sol";
import {PoseidonT5} from "../../src/PoseidonT5.sol";
import {AnalysisLedger} from "../../src/AnalysisLedger.sol";
import {AuditAnchor} from "../../src/AuditAnchor.sol";
import {ConsentRegistry} from "../../src/ConsentRegistry.sol";
import {EnrolmentRegistry} from "../../src/EnrolmentRegistry.sol";
import {LedgerAdmission} from "../../src/LedgerAdmission.sol";
import {ModelRegistry} from "../../src/ModelRegistry.sol";
import {NullifierSet} from "../../src/NullifierSet.sol";
import {RecordAnchor} from "../../src/RecordAnchor.sol";
import {IAnalysisLedger} from "../../src/interfaces/IAnalysisLedger.sol";
import {IPoseidonT3, IPoseidonT5} from "../../src/interfaces/IPoseidon.sol";
import {Field} from "../../src/libraries/Field.sol";
import {ReferenceTree} from "./ReferenceTree.sol";
import {Trapdoor} from "./Trapdoor.sol";
import {TrapdoorVerifier} from "./TrapdoorVerifier.sol";
import {vm} from "./Vm.sol";

/// @notice A deployment as in production, with the test contract as administrator and every role in another hand.
abstract contract World {
    /// @dev The data of the event of that name.
    struct Published {
        IAnalysisLedger.Statement statement;
        IAnalysisLedger.Part[] parts;
        bytes32 body;
        uint40 time;
    }

    address internal constant RELAYER = address(0x1001);
    address internal constant AUTHORITY = address(0x1002);
    address internal constant OPERATOR = address(0x1003);
    address internal constant OFFICER = address(0x1004);
    address internal constant WARDEN = address(0x1005);
    address internal constant PUBLISHER = address(0x1006);
    address internal constant OTHER_PUBLISHER = address(0x1007);
    address internal constant GUARDIAN = address(0x1008);
    address internal constant STRANGER = address(0x1009);
    uint256 internal constant START = 1_800_000_000;
    uint40 internal constant PERIOD = 1 hours;
    uint256 internal constant FOREVER = type(uint256).max;
    uint256 internal constant PATIENT_KEY = 0xA11CE;

    IPoseidonT3 internal t3;
    IPoseidonT5 internal t5;
    ConsentRegistry internal consents;
    EnrolmentRegistry internal enrolments;
    RecordAnchor internal records;
    ModelRegistry internal models;
    AuditAnchor internal audit;
    NullifierSet internal nullifiers;
    TrapdoorVerifier internal verifier;
    AnalysisLedger internal ledger;
    ReferenceTree internal tree;

    function setUp() public virtual {
        vm.warp(START);
        t3 = IPoseidonT3(deployed(type(PoseidonT3).creationCode));
        t5 = IPoseidonT5(deployed(type(PoseidonT5).creationCode));
        consents = newConsents();
        enrolments = new EnrolmentRegistry(address(this));
        records = new RecordAnchor(address(this));
        models = new ModelRegistry(address(this), t3, 1, 0);
        audit = new AuditAnchor(address(this));
        verifier = new TrapdoorVerifier();
        ledger = newLedger();
        nullifiers = ledger;
        tree = new ReferenceTree(t3, 20);
        enrolments.grantRole(enrolments.AUTHORITY(), AUTHORITY);
        records.grantRole(records.OPERATOR(), OPERATOR);
        audit.grantRole(audit.OPERATOR(), OPERATOR);
        models.grantRole(models.OFFICER(), OFFICER);
        models.grantRole(models.WARDEN(), WARDEN);
    }

    function deployed(bytes memory code) internal returns (address made) {
        assembly {
            made := create(0, add(code, 32), mload(code))
        }
        require(made != address(0), "create");
    }

    function newConsents() internal returns (ConsentRegistry registry) {
        registry = new ConsentRegistry(address(this), t3, t5);
        registry.grantRole(registry.RELAYER(), RELAYER);
    }

    function newLedger() internal returns (AnalysisLedger made) {
        made = ledgerWithRoles();
        if (address(nullifiers) != address(0)) nullifiers.admit(address(made));
    }

    /// @notice A ledger that the set does not know yet, unless it is the first.
    function ledgerWithRoles() internal returns (AnalysisLedger made) {
        made = new AnalysisLedger(
            address(this), nullifiers, verifier, 1, PERIOD, LedgerAdmission.RootSources(records, models, enrolments, consents)
        );
        made.grantRole(made.PUBLISHER(), PUBLISHER);
        made.grantRole(made.PUBLISHER(), OTHER_PUBLISHER);
        made.grantRole(made.GUARDIAN(), GUARDIAN);
    }

    /// @notice A field element that is no small number.
    function fr(string memory what, uint256 n) internal pure returns (uint256) {
        return uint256(keccak256(abi.encode(what, n))) >> 8;
    }

    function leafOf(ConsentRegistry registry, uint256 inner, address controller) internal view returns (uint256) {
        return t5.hash([registry.TAG_GRANT(), inner, uint160(controller), registry.registryId()]);
    }

    function leaf(uint256 n) internal view returns (uint256) {
        return leafOf(consents, fr("inner", n), controllerOf(n));
    }

    function keyOf(uint256 n) internal pure returns (uint256) {
        return PATIENT_KEY + n;
    }

    function controllerOf(uint256 n) internal pure returns (address) {
        return vm.addr(keyOf(n));
    }

    /// @notice Grants leaf(first) .. leaf(first + count - 1), here and in the reference tree.
    function grantLeaves(uint256 first, uint256 count) internal {
        uint256[] memory batch = new uint256[](count);
        for (uint256 i = 0; i < count; ++i) {
            batch[i] = leaf(first + i);
            tree.push(batch[i]);
        }
        vm.prank(RELAYER);
        consents.grant(batch);
    }

    function signature(ConsentRegistry registry, uint256 leaf_, uint256 deadline, uint256 key)
        internal
        view
        returns (bytes memory)
    {
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(key, registry.revocationDigest(leaf_, deadline));
        return abi.encodePacked(r, s, v);
    }

    function revokeLeaf(uint256 n) internal {
        bytes memory signed = signature(consents, leaf(n), FOREVER, keyOf(n));
        vm.prank(STRANGER);
        consents.revoke(fr("inner", n), controllerOf(n), FOREVER, signed);
    }

    /// @param n leaf(n), which must stand at this index of the reference tree
    function applyLeaf(uint256 n, uint256 index) internal {
        uint256[20][] memory paths = new uint256[20][](1);
        paths[0] = tree.path(index);
        vm.prank(STRANGER);
        consents.applyRevocation(one(leaf(n)), paths);
        tree.set(index, 0);
    }

    function one(uint256 value) internal pure returns (uint256[] memory list) {
        list = new uint256[](1);
        list[0] = value;
    }

    function approveModel(uint256 model) internal {
        vm.prank(OFFICER);
        models.propose(model);
        models.enact(model);
    }

    /// @notice One grant, one enrolment, one anchor, one model; then 10 seconds pass.
    function populate() internal {
        grantLeaves(0, 1);
        vm.prank(AUTHORITY);
        enrolments.enrol(fr("enrol", 0));
        vm.prank(OPERATOR);
        records.anchor(fr("records", 0), 1);
        approveModel(fr("model", 0));
        vm.warp(block.timestamp + 10);
    }

    function reserve(uint256 n) internal returns (uint256 nullifier, uint256 request) {
        (nullifier, request) = (fr("nullifier", n), fr("request", n));
        vm.prank(PUBLISHER);
        ledger.reserve(nullifier, request);
    }

    /// @notice The statement that holds now, for request n.
    function statementNow(uint256 n) internal view returns (IAnalysisLedger.Statement memory) {
        return IAnalysisLedger.Statement({
            consentRoot: consents.root(),
            recordRoot: records.root(),
            modelRoot: models.root(),
            enrolRoot: enrolments.root(),
            asOf: block.timestamp,
            requestCommitment: fr("request", n),
            registryId: consents.registryId(),
            custody: 1
        });
    }

    /// @notice The newest appearance of each root of a statement.
    function appearancesOf(IAnalysisLedger.Statement memory s)
        internal
        view
        returns (IAnalysisLedger.Appearances memory)
    {
        return IAnalysisLedger.Appearances(
            consents.appearances(s.consentRoot) - 1,
            records.appearances(s.recordRoot) - 1,
            models.appearances(s.modelRoot) - 1,
            enrolments.appearances(s.enrolRoot) - 1
        );
    }

    function signalsOf(
        AnalysisLedger where,
        uint256 nullifier,
        IAnalysisLedger.Statement memory s,
        uint256 part,
        uint256 count,
        uint256 result
    ) internal view returns (uint256[11] memory) {
        return [
            s.consentRoot,
            s.recordRoot,
            s.modelRoot,
            s.enrolRoot,
            s.asOf,
            nullifier,
            result,
            s.requestCommitment,
            s.registryId,
            where.context(),
            part + (count << 8) + (uint256(s.custody) << 16)
        ];
    }

    /// @notice True proofs of all parts.
    function partsOf(uint256 nullifier, IAnalysisLedger.Statement memory s, uint256 count)
        internal
        view
        returns (IAnalysisLedger.Part[] memory parts)
    {
        parts = new IAnalysisLedger.Part[](count);
        for (uint256 i = 0; i < count; ++i) {
            uint256 result = fr("result", i);
            parts[i] = IAnalysisLedger.Part(
                Trapdoor.prove(signalsOf(ledger, nullifier, s, i, count, result), nullifier ^ i), result
            );
        }
    }

    /// @notice A proof of well-formed points that proves nothing.
    function junkPart(uint256 salt) internal view returns (IAnalysisLedger.Part memory part) {
        part.proof.a = Trapdoor.times(salt + 5);
        part.proof.b = Trapdoor.generator2();
        part.proof.c = Trapdoor.times(salt + 7);
        part.resultCommitment = fr("junk", salt);
    }

    function hashesWithout(IAnalysisLedger.Part[] memory parts, uint256 part)
        internal
        view
        returns (bytes32[] memory hashes)
    {
        hashes = new bytes32[](parts.length - 1);
        for (uint256 i = 0; i < hashes.length; ++i) {
            hashes[i] = ledger.partHash(parts[i < part ? i : i + 1]);
        }
    }

    function publishedIn(bytes memory eventData) internal pure returns (Published memory) {
        return abi.decode(bytes.concat(bytes32(uint256(32)), eventData), (Published));
    }

    function statusOf(uint256 nullifier) internal view returns (IAnalysisLedger.Status) {
        return ledger.entryOf(nullifier).status;
    }

    function isStatus(uint256 nullifier, IAnalysisLedger.Status expected) internal view {
        vm.assertEq(uint256(statusOf(nullifier)), uint256(expected), "status");
    }
}
