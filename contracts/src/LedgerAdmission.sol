// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IAnalysisLedger} from "./interfaces/IAnalysisLedger.sol";
import {IConsentRegistry} from "./interfaces/IConsentRegistry.sol";
import {IEnrolmentRegistry} from "./interfaces/IEnrolmentRegistry.sol";
import {IModelRegistry} from "./interfaces/IModelRegistry.sol";
import {IRecordAnchor} from "./interfaces/IRecordAnchor.sol";
import {Field} from "./libraries/Field.sol";
import {NullifierSet} from "./NullifierSet.sol";

/// @dev Who may use the ledger, and which roots it takes.
abstract contract LedgerAdmission is IAnalysisLedger, NullifierSet {
    struct RootSources {
        IRecordAnchor records;
        IModelRegistry models;
        IEnrolmentRegistry enrolments;
        IConsentRegistry consents; // the first; more can be admitted
    }

    bytes32 public constant PUBLISHER = keccak256("PUBLISHER");
    bytes32 public constant GUARDIAN = keccak256("GUARDIAN");
    /// @dev Every reservation asks each of them for pending revocations.
    uint256 public constant MAX_REGISTRIES = 8;

    IRecordAnchor public immutable records;
    IModelRegistry public immutable models;
    IEnrolmentRegistry public immutable enrolments;
    IConsentRegistry private immutable _firstRegistry;
    address private _firstPublisher; // of the listed ones; in one word with what every reservation reads
    uint8 public registryCount = 1;
    /// @inheritdoc IAnalysisLedger
    bool public closed;
    mapping(uint256 index => IConsentRegistry) private _laterRegistries;
    mapping(address registry => bool) public isRegistry;

    modifier whenOpen() {
        if (closed) revert LedgerClosed();
        _;
    }

    modifier onlyPublisher() {
        if (msg.sender != _firstPublisher) _checkRole(PUBLISHER);
        _;
    }

    constructor(address admin, RootSources memory roots) {
        records = roots.records;
        models = roots.models;
        enrolments = roots.enrolments;
        _firstRegistry = roots.consents;
        isRegistry[address(roots.consents)] = true;
        _grantRole(DEFAULT_ADMIN_ROLE, admin);
        emit RegistryAdmitted(address(roots.consents));
    }

    /// @inheritdoc IAnalysisLedger
    function admitRegistry(address registry) external onlyRole(DEFAULT_ADMIN_ROLE) {
        uint8 count = registryCount;
        if (isRegistry[registry] || count == MAX_REGISTRIES) revert CannotAdmit(registry);
        isRegistry[registry] = true;
        _laterRegistries[count] = IConsentRegistry(registry);
        registryCount = count + 1;
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

    /// @notice The i-th admitted consent registry, from 0; the zero address behind the last.
    function registries(uint256 i) public view returns (IConsentRegistry) {
        return i == 0 ? _firstRegistry : _laterRegistries[i];
    }

    function _grantRole(bytes32 role, address account) internal override returns (bool) {
        if (role == PUBLISHER && _firstPublisher == address(0)) _firstPublisher = account;
        return super._grantRole(role, account);
    }

    function _revokeRole(bytes32 role, address account) internal override returns (bool) {
        if (role == PUBLISHER && account == _firstPublisher) _firstPublisher = address(0);
        return super._revokeRole(role, account);
    }

    /// @dev While a revocation waits, no consent root is valid, and the reservation's time would be of no use.
    function _requireNoPendingRevocation() internal view {
        uint256 count = registryCount;
        for (uint256 i = 0; i < count; ++i) {
            IConsentRegistry registry = registries(i);
            if (registry.pending() != 0) revert RevocationsPending(address(registry));
        }
    }

    /// @dev All roots were valid at one moment: that of the reservation.
    function _requireRoots(Statement calldata statement, Appearances calldata n) internal view {
        uint256 id = statement.registryId;
        address registry = address(uint160(id));
        bool isKnown = registry == address(_firstRegistry) || isRegistry[registry]; // the first costs no further word
        if (id >> 160 != block.chainid || !isKnown || registry == address(0)) revert UnknownRegistry(id);
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
