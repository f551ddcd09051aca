//! The contract that collects: where it is for a destination, what it is called with, and how it is put there. All of
//! it is computed here, so that nobody has to be asked where money goes.

use aio_chain::ChainError;
use alloy_primitives::{Address, B256, Bytes, U256, address, keccak256};
use alloy_sol_types::{SolCall, SolValue, sol};
use serde::Deserialize;

sol! {
    event Swept(address indexed from, address indexed token, uint256 amount);

    function sweepMany(address[] from, address token, uint256[] amounts) external;
}

/// Compiled by `scripts/contracts` from the source beside it.
const ARTEFACT: &str = include_str!("../contracts/Sweeper.json");

/// Puts contracts where their code alone decides: the same on all chains, with no owner.
pub(crate) const DEPLOYER: Address = address!("0x4e59b44847b379578588920cA78FbF26c0B4956C");

/// Ours; another one would be another contract.
const SALT: B256 = B256::new(*b"AIO sweeper, version 1\0\0\0\0\0\0\0\0\0\0");

/// In front of the address that an account named as its code (EIP-7702).
const DELEGATED: [u8; 3] = [0xef, 0x01, 0x00];

#[derive(Deserialize)]
struct Artefact {
    contracts: Contracts,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Contracts {
    sweeper: Code,
}

#[derive(Deserialize)]
struct Code {
    bytecode: Bytes,
}

/// The sweeper of one destination.
#[derive(Debug, Clone)]
pub(crate) struct Sweeper {
    pub address: Address,
    /// What the deployer is called with.
    pub deployment: Bytes,
}

impl Sweeper {
    pub fn of(destination: Address) -> Result<Self, ChainError> {
        let artefact: Artefact = serde_json::from_str(ARTEFACT)
            .map_err(|error| ChainError::Unsupported(format!("the sweeper's code: {error}")))?;
        let mut code = artefact.contracts.sweeper.bytecode.to_vec();
        code.extend(destination.abi_encode());
        let address = DEPLOYER.create2(SALT, keccak256(&code));
        let deployment = [SALT.as_slice(), &code].concat().into();
        Ok(Self { address, deployment })
    }

    /// The code of an account that named this sweeper as its own.
    pub fn delegation(&self) -> Bytes {
        [&DELEGATED, self.address.as_slice()].concat().into()
    }
}

/// Collects so much from each.
pub(crate) fn sweep_many(token: Address, from: &[(Address, U256)]) -> Bytes {
    let call = sweepManyCall {
        from: from.iter().map(|(address, _)| *address).collect(),
        token,
        amounts: from.iter().map(|(_, amount)| *amount).collect(),
    };
    call.abi_encode().into()
}

/// Reads what a sweeper is called with; none when it is anything but the one way to write such a call.
pub(crate) fn read_sweep_many(data: &[u8]) -> Option<(Address, Vec<(Address, U256)>)> {
    let call = sweepManyCall::abi_decode(data).ok()?;
    if call.from.len() != call.amounts.len() || call.abi_encode() != data {
        return None;
    }
    Some((call.token, call.from.into_iter().zip(call.amounts).collect()))
}

#[cfg(test)]
mod tests {
    use super::{Sweeper, read_sweep_many, sweep_many};
    use alloy_primitives::{Address, U256, address};

    #[test]
    fn each_destination_has_a_sweeper_of_its_own_that_changes_only_with_its_code() {
        let one = Sweeper::of(address!("0x9858EfFD232B4033E47d90003D41EC34EcaEda94")).unwrap();
        let two = Sweeper::of(Address::repeat_byte(2)).unwrap();
        assert_ne!(one.address, two.address);
        // Money of installations lies on addresses that named this one. It changes with the code and with the salt.
        assert_eq!(one.address, address!("0xaff2743462a35387f7ef38aea7d3ab9343b60a0b"));
        assert_eq!(one.delegation().len(), 23);
    }

    #[test]
    fn a_call_is_read_in_one_form_only() {
        let from = [(Address::repeat_byte(1), U256::ONE), (Address::repeat_byte(2), U256::MAX)];
        let data = sweep_many(Address::ZERO, &from);
        assert_eq!(read_sweep_many(&data), Some((Address::ZERO, from.to_vec())));
        for bad in [&[][..], &data[..data.len() - 1], &[&data[..], &[0]].concat(), &data[4..]] {
            assert_eq!(read_sweep_many(bad), None);
        }
    }
}
