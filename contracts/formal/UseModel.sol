// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @dev One nullifier in NullifierSet under two versions of the ledger: every order of reserve, publish, verify and
/// replace by any publisher, and any time. Hashes are the values themselves.
contract UseModel {
    uint256 private constant PERIOD = 3600;

    uint8 private _status; // 0 none, 1 reserved, 2 published, 3 verified, 4 refuted
    uint8 private _ledger;
    uint256 private _time;
    uint256 private _request; // of the reservation or the entry
    bool private _truth; // of what stands published
    uint256 private _now = 1;

    uint256 private _firstRequest;
    uint8 private _firstLedger;
    bool private _wasVerified;

    function tick(uint64 seconds_) external {
        _now += seconds_;
    }

    function reserve(uint8 ledger, uint256 request) external {
        require(ledger == 1 || ledger == 2);
        if (_status != 0) {
            require(_ledger == ledger); // NullifierSet
            require(_status == 1 && _now > _time + PERIOD && _request == request);
        } else {
            _firstRequest = request;
            _firstLedger = ledger;
        }
        (_status, _ledger, _time, _request) = (1, ledger, _now, request);
    }

    function publish(uint8 ledger, uint256 request, bool truth) external {
        require(_ledger == ledger && _status == 1 && _request == request);
        require(_now > _time && _now <= _time + PERIOD);
        (_status, _truth, _time) = (2, truth, _now);
    }

    function publishVerified(uint8 ledger, uint256 request, bool truth) external {
        require(_ledger == ledger && _request == request && truth);
        if (_status == 1) require(_now > _time && _now <= _time + PERIOD);
        else require(_status == 2 || _status == 4);
        (_status, _truth, _time, _wasVerified) = (3, truth, _now, true);
    }

    function verify(bool starved) external {
        require(_status >= 2 && !starved);
        if (_status != 2) return;
        (_status, _time) = (_truth ? 3 : 4, _now);
        if (_truth) _wasVerified = true;
    }

    /// @dev A use counts for one request in one ledger.
    function oneRequestOneLedger() external view {
        if (_status != 0) assert(_request == _firstRequest && _ledger == _firstLedger);
    }

    /// @dev Verified is final and true; refuted is false.
    function statesTellTheTruth() external view {
        if (_wasVerified) assert(_status == 3);
        if (_status == 3) assert(_truth);
        if (_status == 4) assert(!_truth);
    }
}
