// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IRootWindows} from "./interfaces/IRootWindows.sol";

/// @dev Windows are stored with the epoch that will close them, so that one write ends any number of them.
abstract contract RootWindows is IRootWindows {
    struct Window {
        uint40 openedAt;
        uint64 epoch;
        uint32 count; // in the window of appearance 0: how often the root has appeared
    }

    /// @dev The newest window while it is open, so that most questions need one word: 216 bits of keccak256(root, n) and
    /// the time of its opening; 0 while none is open.
    uint256 private _newest;
    mapping(uint64 epoch => uint40) private _closedAt; // of ended epochs; that of the last may stand in _lastEnd
    mapping(uint256 root => mapping(uint32 n => Window)) private _windows;
    /// @inheritdoc IRootWindows
    uint64 public currentEpoch; // these two last, to share a word with what a derived contract declares first
    uint40 private _lastEnd; // when the epoch before this one ended; 0 once that stands in _closedAt

    /// @inheritdoc IRootWindows
    function rootValidAt(uint256 root_, uint32 n, uint256 time) public view returns (bool) {
        uint256 newest = _newest;
        if (newest >> 40 == _nameOf(root_, n)) return time >= uint40(newest);
        Window storage window = _windows[root_][n];
        uint256 openedAt = window.openedAt;
        if (openedAt == 0 || time < openedAt) return false;
        (uint64 epoch, uint64 current) = (window.epoch, currentEpoch);
        if (epoch == current) return true;
        uint256 closedAt = epoch + 1 == current ? _lastEnd : 0;
        return time < (closedAt == 0 ? _closedAt[epoch] : closedAt);
    }

    /// @inheritdoc IRootWindows
    function appearances(uint256 root_) external view returns (uint32) {
        return _windows[root_][0].count;
    }

    function _open(uint256 root_) internal {
        mapping(uint32 => Window) storage windows = _windows[root_];
        uint32 n = windows[0].count;
        uint40 time = uint40(block.timestamp);
        if (n == 0) {
            windows[0] = Window(time, currentEpoch, 1);
        } else {
            windows[n] = Window(time, currentEpoch, 0);
            windows[0].count = n + 1;
        }
        _newest = (_nameOf(root_, n) << 40) | time;
        emit WindowOpened(root_, n, currentEpoch, time);
    }

    /// @dev Costs no new word, so that a patient's revocation is cheap; `_settleEnd` pays for it later.
    function _closeAll() internal {
        _settleEnd();
        _newest = 0;
        uint64 epoch = currentEpoch;
        (currentEpoch, _lastEnd) = (epoch + 1, uint40(block.timestamp));
        emit WindowsClosed(epoch, uint40(block.timestamp));
    }

    function _nameOf(uint256 root_, uint32 n) private pure returns (uint256 name) {
        assembly ("memory-safe") {
            mstore(0, root_)
            mstore(32, n)
            name := shr(40, keccak256(0, 64))
        }
    }

    /// @dev Moves the end of the last epoch to where the others are.
    function _settleEnd() internal {
        uint40 end = _lastEnd;
        if (end == 0) return;
        _closedAt[currentEpoch - 1] = end;
        _lastEnd = 0;
    }
}
