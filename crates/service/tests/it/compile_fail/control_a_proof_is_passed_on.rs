// This one compiles: without it a broken set-up would look like proof.
use aio_service::StepUpProof;

pub fn pass_on(proof: StepUpProof) -> StepUpProof {
    proof
}
