use aio_service::{Permit, StepUpProof};

pub fn forge(permit: Permit) -> StepUpProof {
    StepUpProof { action: permit.action(), user: permit.user() }
}
