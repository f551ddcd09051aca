//! Bodies: how many bytes, in which form. They are read here, whole, so that every answer about them is exact.

use crate::server::{
    inputs,
    refusal::{Asked, Door, Refusal},
    site::Site,
    v1,
};
use axum::{
    Extension,
    body::{Body, Bytes, HttpBody as _},
    extract::{Request, State},
    http::{HeaderMap, Method, header},
    middleware::Next,
    response::Response,
};
use bytes::BytesMut;
use http_body_util::{BodyExt as _, LengthLimitError, Limited};
use std::{collections::BTreeSet, time::Duration};
use tokio::sync::SemaphorePermit;

const FORM: &str = "application/x-www-form-urlencoded";

/// Reads the body, or refuses it.
pub async fn body(
    State(site): State<Site>,
    Extension(asked): Extension<Asked>,
    request: Request,
    next: Next,
) -> Response {
    let (parts, body) = request.into_parts();
    let most = match asked.door {
        Door::Api => site.limits.api_body,
        _ => site.limits.dashboard_body,
    };
    let (bytes, _share) = match read(&site, body, most).await {
        Ok(read) => read,
        Err(refusal) => return refusal.answer(&asked),
    };
    if asked.door == Door::Function && parts.method == Method::POST {
        if !is_form(&parts.headers) {
            return Refusal::ContentType.answer(&asked);
        }
        if !is_well_formed(&bytes, |name| inputs::takes(parts.uri.path(), name)) {
            return Refusal::Malformed.answer(&asked);
        }
    }
    if asked.door == Door::Api
        && let Some(misplaced) = v1::credential::misplaced(&parts, &bytes)
    {
        return misplaced.answer(&asked.request_id);
    }
    next.run(Request::from_parts(parts, Body::from(bytes))).await
}

/// Half of a request's time is its body's, so that a slow sender is told 408 before the whole is given up. Each
/// piece takes its bytes out of what all bodies share until they are answered: many slow senders cost little, and many
/// large bodies at once are shed instead of filling the memory.
async fn read(site: &Site, body: Body, most: usize) -> Result<(Bytes, Share<'_>), Refusal> {
    // It says itself that it is too large: nobody waits for it.
    if usize::try_from(body.size_hint().lower()).map_or(true, |announced| announced > most) {
        return Err(Refusal::TooLarge);
    }
    let reading = async {
        let mut share = None;
        let mut whole = BytesMut::new();
        let mut body = std::pin::pin!(Limited::new(body, most));
        while let Some(frame) = body.frame().await {
            let frame = frame.map_err(|error| {
                if error.is::<LengthLimitError>() { Refusal::TooLarge } else { Refusal::Malformed }
            })?;
            let Ok(piece) = frame.into_data() else { continue };
            let taken =
                site.body_bytes.try_acquire_many(piece.len().try_into().unwrap_or(u32::MAX));
            let taken = taken.map_err(|_| Refusal::Busy)?;
            match &mut share {
                None => share = Some(taken),
                Some(share) => share.merge(taken),
            }
            whole.extend_from_slice(&piece);
        }
        Ok((whole.freeze(), share))
    };
    let time = Duration::from_secs(site.limits.request_s) / 2;
    tokio::time::timeout(time, reading).await.unwrap_or(Err(Refusal::TooSlow))
}

/// What a body takes of the memory for bodies.
type Share<'a> = Option<SemaphorePermit<'a>>;

/// Exactly the type that forms send: another one could be sent across origins without being asked.
fn is_form(headers: &HeaderMap) -> bool {
    let mut kinds = headers.get_all(header::CONTENT_TYPE).iter();
    let kind = kinds.next().and_then(|kind| kind.to_str().ok());
    kinds.next().is_none() && kind.is_some_and(|kind| kind.eq_ignore_ascii_case(FORM))
}

/// Text throughout, only names that are taken, and none twice except those of lists, which end in `[]`: of two
/// values for one name each reader would take another.
fn is_well_formed(bytes: &[u8], takes: impl Fn(&str) -> bool) -> bool {
    let Ok(text) = std::str::from_utf8(bytes) else {
        return false;
    };
    let mut names = BTreeSet::new();
    text.split('&').filter(|pair| !pair.is_empty()).all(|pair| {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        match (decoded(name), decoded(value)) {
            (Some(name), Some(_)) => takes(&name) && (name.ends_with("[]") || names.insert(name)),
            _ => false,
        }
    })
}

/// Without its escapes; `None` when they are broken or do not make UTF-8.
pub fn decoded(text: &str) -> Option<String> {
    let bytes = text.as_bytes();
    let escapes_are_whole =
        bytes.iter().enumerate().filter(|(_, byte)| **byte == b'%').all(|(at, _)| {
            bytes.get(at + 1..at + 3).is_some_and(|pair| pair.iter().all(u8::is_ascii_hexdigit))
        });
    let plain = text.replace('+', " ");
    let decoded = percent_encoding::percent_decode_str(&plain).decode_utf8().ok()?;
    escapes_are_whole.then(|| decoded.into_owned())
}

#[cfg(test)]
mod tests {
    use super::is_well_formed;

    #[test]
    fn api_03_forms_are_text_with_each_name_once() {
        for good in [
            "",
            "a=1&b=2",
            "a=1&",
            "form%5Bscopes%5D%5B%5D=x&form%5Bscopes%5D%5B%5D=y",
            "a=%E4%B8%AD",
        ] {
            assert!(is_well_formed(good.as_bytes(), |_| true), "{good}");
        }
        for bad in ["a=1&a=2", "a=1&%61=2", "a=%", "a=%4", "a=%zz", "a=%ff", "a=1&a"] {
            assert!(!is_well_formed(bad.as_bytes(), |_| true), "{bad}");
        }
        assert!(!is_well_formed(b"a=\xff", |_| true));
        assert!(!is_well_formed(b"role=owner", |name| name == "id"));
    }
}
