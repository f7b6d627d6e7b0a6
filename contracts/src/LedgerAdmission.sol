// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {AccessControl} from "@openzeppelin/contracts/access/AccessControl.sol";
import {IAnalysisLedger} from "./interfaces/IAnalysisLedger.sol";
import {IConsentRegistry} from "./interfaces/IConsentRegistry.sol";
import {IEnrolmentRegistry} from "./interfaces/IEnrolmentRegistry.sol";
import {IModelRegistry} from "./interfaces/IModelRegistry.sol";
import {IRecordAnchor} from "./interfaces/IRecordAnchor.sol";
import {Field} from "./libraries/Field.sol";

/// @dev Who may use the ledger, and which roots it takes.
abstract contract LedgerAdmission is IAnalysisLedger, AccessControl {
    struct RootSources {
        IRecordAnchor records;
        IModelRegistry models;
        IEnrolmentRegistry enrolments;
    }

    bytes32 public constant PUBLISHER = keccak256("PUBLISHER");
    bytes32 public constant GUARDIAN = keccak256("GUARDIAN");
    /// @dev Every reservation asks each of them for pending revocations.
    uint256 public constant MAX_REGISTRIES = 8;

    IRecordAnchor public immutable records;
    IModelRegistry public immutable models;
    IEnrolmentRegistry public immutable enrolments;
    /// @inheritdoc IAnalysisLedger
    bool public closed;
    IConsentRegistry[] public registries;
    mapping(address registry => bool) public isRegistry;

    modifier whenOpen() {
        if (closed) revert LedgerClosed();
        _;
    }

    constructor(address admin, RootSources memory roots) {
        records = roots.records;
        models = roots.models;
        enrolments = roots.enrolments;
        _grantRole(DEFAULT_ADMIN_ROLE, admin);
    }

    /// @inheritdoc IAnalysisLedger
    function admitRegistry(address registry) external onlyRole(DEFAULT_ADMIN_ROLE) {
        if (isRegistry[registry] || registries.length == MAX_REGISTRIES) revert CannotAdmit(registry);
        isRegistry[registry] = true;
        registries.push(IConsentRegistry(registry));
        emit RegistryAdmitted(registry);
    }

    /// @inheritdoc IAnalysisLedger
    function close() external onlyRole(GUARDIAN) {
        closed = true;
        emit Closed(msg.sender);
    }

    /// @inheritdoc IAnalysisLedger
    function reopen() external onlyRole(DEFAULT_ADMIN_ROLE) {
        closed = false;
        emit Reopened(msg.sender);
    }

    /// @dev While a revocation waits, no consent root is valid, and the reservation's time would be of no use.
    function _requireNoPendingRevocation() internal view {
        uint256 count = registries.length;
        for (uint256 i = 0; i < count; ++i) {
            if (registries[i].pending() != 0) revert RevocationsPending(address(registries[i]));
        }
    }

    /// @dev All roots were valid at one moment: that of the reservation.
    function _requireRoots(Statement calldata statement, Appearances calldata n) internal view {
        uint256 id = statement.registryId;
        address registry = address(uint160(id));
        if (id >> 160 != block.chainid || !isRegistry[registry]) revert UnknownRegistry(id);
        uint256 asOf = statement.asOf;
        if (!IConsentRegistry(registry).rootValidAt(statement.consentRoot, n.consent, asOf)) {
            revert ConsentRootNotValid();
        }
        if (!records.rootValidAt(statement.recordRoot, n.record, asOf)) revert RecordRootNotValid();
        if (!models.rootValidAt(statement.modelRoot, n.model, asOf)) revert ModelRootNotValid();
        if (!enrolments.rootValidAt(statement.enrolRoot, n.enrolment, asOf)) revert EnrolRootNotValid();
    }

    function _requireField(uint256 value) internal pure {
        if (value >= Field.R) revert OutOfField(value);
    }
}
