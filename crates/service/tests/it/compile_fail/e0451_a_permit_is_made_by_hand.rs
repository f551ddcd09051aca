use aio_service::{Permit, RequestInfo, Session};

pub fn forge(weak: Permit, session: Session, info: RequestInfo) -> Permit {
    Permit { action: weak.action(), session, info }
}
