// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

/// Sends what lies on deposit addresses to one destination that is fixed for ever. It has no owner, no storage and no
/// way to be changed, so anybody may call it: money can only go to the destination.
///
/// It is used in two ways. Deposit addresses name it as their code (EIP-7702), which makes `sweep` theirs. At its own
/// address it collects from many of them in one transaction.
contract Sweeper {
    /// So much of a token left a deposit address for the destination.
    event Swept(address indexed from, address indexed token, uint256 amount);

    /// The only address that anything is sent to.
    address payable public immutable DESTINATION;

    /// Gas for one deposit address. A token that burns all it is given takes no more than this from the others.
    uint256 private constant SWEEP_GAS = 150_000;

    /// Must be left before each of them: the call above, of which a 64th is kept back, and what surrounds it. Without
    /// this an estimate of gas would end at a transaction that is mined and sweeps nothing.
    uint256 private constant GAS_LEFT = 165_000;

    error NotThere();
    error NotMoved();
    error NotEnoughGas();
    error LengthsDiffer();

    constructor(address payable destination) {
        DESTINATION = destination;
    }

    /// Takes coins and does nothing else: a contract that pays may give no more than 2,300 gas.
    receive() external payable {}

    /// Sends exactly this much from the address whose code this is; the zero address stands for the chain's coin.
    function sweep(address token, uint256 amount) external {
        if (token == address(0)) {
            (bool sent, ) = DESTINATION.call{value: amount}("");
            if (!sent) revert NotMoved();
            return;
        }
        if (token.code.length == 0) revert NotThere();
        // transfer(address,uint256). Some tokens answer nothing; one that answers must answer true.
        (bool done, bytes memory answer) = token.call(abi.encodeWithSelector(0xa9059cbb, DESTINATION, amount));
        if (!done) revert NotMoved();
        if (answer.length != 0 && (answer.length < 32 || abi.decode(answer, (uint256)) != 1)) revert NotMoved();
    }

    /// Sweeps many addresses. One that fails does not stop the others. An event names each that did not fail, and who
    /// only tries it out is told how many.
    function sweepMany(address[] calldata from, address token, uint256[] calldata amounts)
        external
        returns (uint256 swept)
    {
        if (from.length != amounts.length) revert LengthsDiffer();
        // The code of an address that named this contract as its own.
        bytes32 ours = keccak256(abi.encodePacked(hex"ef0100", address(this)));
        for (uint256 i = 0; i < from.length; ++i) {
            // Only ours are believed when they say that they sent it.
            if (from[i].codehash != ours) continue;
            if (gasleft() < GAS_LEFT) revert NotEnoughGas();
            try Sweeper(payable(from[i])).sweep{gas: SWEEP_GAS}(token, amounts[i]) {
                emit Swept(from[i], token, amounts[i]);
                ++swept;
            } catch {}
        }
    }
}
