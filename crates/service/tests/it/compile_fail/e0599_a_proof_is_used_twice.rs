use aio_service::StepUpProof;

pub fn twice(proof: StepUpProof) -> (StepUpProof, StepUpProof) {
    (proof.clone(), proof)
}
