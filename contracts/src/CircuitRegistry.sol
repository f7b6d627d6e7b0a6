// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {AnalysisLedger} from "./AnalysisLedger.sol";
import {ICircuitRegistry} from "./interfaces/ICircuitRegistry.sol";
import {Proposals} from "./Proposals.sol";

/// @dev An item is a ledger's address: what it pins (verifier, key, version, root sources) cannot change.
contract CircuitRegistry is ICircuitRegistry, Proposals {
    Version[] private _versions;

    /// @param admin names officers and wardens
    /// @param approvals officers that must agree, at least 1
    /// @param delay_ seconds in which an accepted version can still be vetoed
    constructor(address admin, uint8 approvals, uint40 delay_) Proposals(admin, approvals, delay_) {}

    /// @inheritdoc ICircuitRegistry
    function propose(address ledger) external {
        _propose(_item(ledger));
    }

    /// @inheritdoc ICircuitRegistry
    function approve(address ledger) external {
        _approve(_item(ledger));
    }

    /// @inheritdoc ICircuitRegistry
    function enact(address ledger) external {
        uint16 index = uint16(_versions.length);
        _enact(_item(ledger), index);
        uint256 version = AnalysisLedger(ledger).circuitVersion();
        bytes32 keyHash = AnalysisLedger(ledger).verifier().verifyingKeyHash();
        _versions.push(Version(ledger, uint40(block.timestamp), 0, version, keyHash));
        emit VersionEnacted(index, ledger, version, keyHash, uint40(block.timestamp));
    }

    /// @inheritdoc ICircuitRegistry
    function veto(address ledger) external {
        _veto(_item(ledger));
    }

    /// @inheritdoc ICircuitRegistry
    function withdraw(address ledger) external {
        uint16 index = _withdraw(_item(ledger));
        _versions[index].withdrawnAt = uint40(block.timestamp);
        emit VersionWithdrawn(index, ledger, msg.sender, uint40(block.timestamp));
    }

    /// @inheritdoc ICircuitRegistry
    function current() external view returns (Version memory) {
        for (uint256 i = _versions.length; i > 0; --i) {
            if (_versions[i - 1].withdrawnAt == 0) return _versions[i - 1];
        }
        revert NothingInForce();
    }

    /// @inheritdoc ICircuitRegistry
    function count() external view returns (uint256) {
        return _versions.length;
    }

    /// @inheritdoc ICircuitRegistry
    function versionAt(uint256 n) external view returns (Version memory) {
        return _versions[n];
    }

    /// @inheritdoc ICircuitRegistry
    function proposalOf(address ledger) external view returns (Proposal memory) {
        return _proposals[_item(ledger)];
    }

    function _item(address ledger) private pure returns (uint256) {
        return uint160(ledger);
    }
}
