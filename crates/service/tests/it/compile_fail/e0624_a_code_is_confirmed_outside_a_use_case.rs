use aio_service::{Permit, Services};

pub async fn confirm(services: Services, permit: Permit) {
    let _ = services.confirm(&permit, "123456").await;
}
