//! `GET /v1/whoami`: what the server knows of the caller. The first call of every integration.

use super::{credential, problem::Code};
use crate::server::site::Site;
use aio_domain::{ApiKeyId, EncryptionMode, MerchantId, Network, Scope};
use aio_service::RequestInfo;
use axum::{
    Extension, Json,
    extract::State,
    http::HeaderMap,
    response::{IntoResponse as _, Response},
};
use serde::Serialize;
use std::net::IpAddr;

#[derive(Serialize)]
struct Whoami {
    merchant: Merchant,
    key: Key,
    network: Network,
    address: IpAddr,
    encryption: EncryptionMode,
    server_time: String,
}

#[derive(Serialize)]
struct Merchant {
    id: MerchantId,
    name: String,
}

#[derive(Serialize)]
struct Key {
    id: ApiKeyId,
    label: String,
    scopes: Vec<Scope>,
}

/// The handler.
pub async fn whoami(
    State(site): State<Site>,
    Extension(info): Extension<RequestInfo>,
    headers: HeaderMap,
) -> Response {
    match answer(&site, &headers, &info).await {
        Ok(whoami) => Json(whoami).into_response(),
        Err(code) => code.answer(&info.request_id),
    }
}

async fn answer(site: &Site, headers: &HeaderMap, info: &RequestInfo) -> Result<Whoami, Code> {
    let caller = credential::caller(site, headers, info).await?;
    Ok(Whoami {
        merchant: Merchant { id: caller.merchant, name: caller.merchant_name },
        key: Key { id: caller.id, label: caller.label, scopes: caller.scopes.iter().collect() },
        network: site.services.network(),
        address: info.address,
        encryption: caller.encryption,
        server_time: site.clock.now().rfc3339(),
    })
}
