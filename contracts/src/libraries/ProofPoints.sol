// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IAnalysisVerifier, Proof} from "../interfaces/IAnalysisVerifier.sol";
import {Field} from "./Field.sol";

/// @notice What can be told of a proof without a pairing.
library ProofPoints {
    /// @notice Reverts unless all coordinates are canonical and a and c are points of G1 other than infinity. Whether
    /// b is in its group only the pairing tells.
    function requireWellFormed(Proof calldata proof) internal pure {
        if (
            proof.b[0][0] >= Field.Q || proof.b[0][1] >= Field.Q || proof.b[1][0] >= Field.Q
                || proof.b[1][1] >= Field.Q
        ) revert IAnalysisVerifier.CoordinateOutOfField();
        _requireOnCurve(proof.a);
        _requireOnCurve(proof.c);
    }

    /// @dev y^2 = x^3 + 3; infinity is (0, 0) and not on it.
    function _requireOnCurve(uint256[2] calldata point) private pure {
        (uint256 x, uint256 y) = (point[0], point[1]);
        if (x >= Field.Q || y >= Field.Q) revert IAnalysisVerifier.CoordinateOutOfField();
        uint256 rhs = addmod(mulmod(mulmod(x, x, Field.Q), x, Field.Q), 3, Field.Q);
        if (mulmod(y, y, Field.Q) != rhs) revert IAnalysisVerifier.NotOnCurve();
    }
}
