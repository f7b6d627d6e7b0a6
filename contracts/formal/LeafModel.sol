// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @dev One leaf of ConsentRegistry among any number of others, as the SMT checker can follow it: every order of calls
/// and of times. The rules are those of ConsentRegistry and RootWindows, with hashing and signatures left out. How many
/// others are pending is left open: `last` says whether one that is applied was the only one, and may be chosen freely.
contract LeafModel {
    enum State { Unknown, Live, Pending, Removed, Barred }

    State private _state;
    bool private _revoked; // the controller has revoked it at some time
    uint256 private _revokedAt;
    bool private _others; // other leaves are pending
    uint256 private _now = 1;

    // The newest window whose root contains the leaf; 0 where there is none or it is open still.
    uint256 private _openedAt;
    uint256 private _closedAt;

    function tick(uint64 seconds_) external {
        _now += seconds_;
    }

    /// @dev Also the insertion of others: a new root, with the leaf in it when it lives.
    function grant(bool thisLeaf) external {
        require(_state != State.Pending && !_others);
        if (thisLeaf && _state == State.Unknown) _state = State.Live;
        _open();
    }

    function revoke() external {
        _revoked = true;
        if (_state != State.Live && _state != State.Unknown) return;
        _revokedAt = _now;
        if (_state == State.Unknown) {
            _state = State.Barred;
            return;
        }
        _state = State.Pending;
        if (!_others) _closeAll();
    }

    function revokeOther() external {
        if (!_others && _state != State.Pending) _closeAll();
        _others = true;
    }

    function apply_() external {
        require(_state == State.Pending);
        _state = State.Removed;
        if (!_others) _open();
    }

    function applyOther(bool last) external {
        require(_others);
        _others = !last;
        if (last && _state != State.Pending) _open();
    }

    function _open() private {
        if (_state != State.Live && _state != State.Pending) return; // the root does not contain the leaf
        _openedAt = _now;
        _closedAt = 0;
    }

    function _closeAll() private {
        if (_openedAt != 0 && _closedAt == 0) _closedAt = _now;
    }

    /// @dev A revoked leaf never lives again.
    function neverAgain() external view {
        assert(!(_revoked && _state == State.Live));
    }

    /// @dev No root with the leaf is valid at the time of its revocation or later: its last window ends by then.
    function noWindowAfterRevocation() external view {
        if (_revoked && _openedAt != 0) assert(_closedAt != 0 && _closedAt <= _revokedAt);
    }

    /// @dev While a revocation is pending, no window with the leaf is open.
    function shutWhilePending() external view {
        if (_state == State.Pending || _others) assert(_openedAt == 0 || _closedAt != 0);
    }
}
