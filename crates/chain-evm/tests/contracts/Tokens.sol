// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

// Tokens of the kinds that there are, and a contract that pays in coins. Only for tests: everybody may mint.

abstract contract Books {
    event Transfer(address indexed from, address indexed to, uint256 value);

    mapping(address => uint256) public balanceOf;
    uint8 public immutable decimals;

    constructor(uint8 howMany) {
        decimals = howMany;
    }

    function mint(address to, uint256 amount) external {
        unchecked {
            balanceOf[to] += amount;
        }
        emit Transfer(address(0), to, amount);
    }

    function move(address to, uint256 amount) internal {
        balanceOf[msg.sender] -= amount;
        unchecked {
            balanceOf[to] += amount;
        }
        emit Transfer(msg.sender, to, amount);
    }
}

/// As the standard says, with 18 decimals.
contract PlainToken is Books(18) {
    function transfer(address to, uint256 amount) external returns (bool) {
        move(to, amount);
        return true;
    }

    /// Two payments in one transaction.
    function transferTwice(address one, address two, uint256 amount) external {
        move(one, amount);
        move(two, amount);
    }
}

/// Answers nothing and has 6 decimals, as USDT.
contract SilentToken is Books(6) {
    function transfer(address to, uint256 amount) external {
        move(to, amount);
    }
}

/// Keeps a tenth of each payment.
contract FeeToken is Books(18) {
    function transfer(address to, uint256 amount) external returns (bool) {
        uint256 fee = amount / 10;
        move(to, amount - fee);
        move(address(this), fee);
        return true;
    }
}

/// Answers false instead of failing once it is told to.
contract FalseToken is Books(18) {
    bool public refuses;

    function refuse(bool yes) external {
        refuses = yes;
    }

    function transfer(address to, uint256 amount) external returns (bool) {
        if (refuses) return false;
        move(to, amount);
        return true;
    }
}

/// Burns all gas that it is given for senders that are named.
contract BurningToken is Books(18) {
    mapping(address => bool) public burns;

    function burn(address from) external {
        burns[from] = true;
    }

    function transfer(address to, uint256 amount) external returns (bool) {
        if (burns[msg.sender]) {
            assembly {
                invalid()
            }
        }
        move(to, amount);
        return true;
    }
}

/// Pays coins on in the ways that contracts do.
contract Forwarder {
    event Noted(uint256 value);

    receive() external payable {}

    /// With all gas.
    function byCall(address payable to) external payable {
        (bool sent, ) = to.call{value: msg.value}("");
        require(sent);
    }

    /// With 2,300 gas.
    function byTransfer(address payable to) external payable {
        to.transfer(msg.value);
    }

    /// Half and half, with a call that fails, one without coins and a log in between.
    function inHalves(address payable one, address payable two) external payable {
        (bool sent, ) = one.call{value: msg.value / 2}("");
        require(sent);
        try this.failing{value: 1}(one) {} catch {}
        this.nothing();
        emit Noted(msg.value);
        (sent, ) = two.call{value: msg.value - msg.value / 2}("");
        require(sent);
    }

    /// Through its own code, which looks like a second call with the same coins.
    function byDelegate(address payable to) external payable {
        (bool done, ) = address(this).delegatecall(abi.encodeCall(this.byCall, (to)));
        require(done);
    }

    /// So many calls deep.
    function deep(address payable to, uint256 levels) external payable {
        if (levels == 0) {
            (bool sent, ) = to.call{value: msg.value}("");
            require(sent);
        } else {
            this.deep{value: msg.value}(to, levels - 1);
        }
    }

    /// Pays, and then fails.
    function failing(address payable to) external payable {
        (bool sent, ) = to.call{value: msg.value}("");
        require(sent);
        revert();
    }

    function nothing() external {}
}

/// A wallet that is a contract: it keeps a note of each payment, which needs more gas than 2,300.
contract Wallet {
    uint256 public payments;

    receive() external payable {
        payments += 1;
    }
}

/// Says that it was swept, and was not.
contract Liar {
    function sweep(address, uint256) external {}
}
