//! `Idempotency-Key`: the request is done once, and whoever sends it again gets the first answer.

use super::{
    call::{Call, Reply},
    endpoint::Verb,
    pipeline::Asked,
    problem::Code,
};
use aio_domain::{audit::sha256, once::IdempotencyKey};
use aio_service::{Known, Once};
use axum::http::{HeaderMap, StatusCode};

/// Runs the handler, unless the request was done before.
pub async fn run(asked: &Asked<'_>, call: &Call<'_>, replayed: &mut bool) -> Result<Reply, Code> {
    let handler = asked.endpoint.handler;
    let Some(key) = key(&asked.parts.headers)? else {
        return handler(call).await;
    };
    if asked.endpoint.verb != Verb::Post {
        return handler(call).await;
    }
    let services = &call.site.services;
    let once = Once::new(call.caller, asked.parts.uri.path(), &key, fingerprint(asked, call));
    let _turn = services.begin_once(&once).ok_or(Code::IdempotencyRunning)?;
    let known = services.known_once(&once).await.map_err(|error| call.failed(&error))?;
    if let Some(done) = given(known, replayed) {
        return done;
    }
    let reply = handler(call).await?;
    // Only what was done is remembered: what was refused may be mended and sent again.
    let kept = services.remember_once(&once, reply.status.as_u16(), &reply.body).await;
    let known = kept.map_err(|error| call.failed(&error))?;
    given(known, replayed).unwrap_or(Ok(reply))
}

/// The answer that was given before, if there is one.
fn given(known: Known, replayed: &mut bool) -> Option<Result<Reply, Code>> {
    match known {
        Known::New => None,
        Known::Other => Some(Err(Code::IdempotencyMismatch)),
        Known::Done { status, body } => {
            *replayed = true;
            let status = StatusCode::from_u16(status).map_err(|_| Code::Internal);
            Some(status.map(|status| Reply { status, body }))
        }
    }
}

/// Everything that the request says, as a hash.
fn fingerprint(asked: &Asked<'_>, call: &Call<'_>) -> [u8; 32] {
    let line = format!("{}\n{}\n", asked.parts.method, asked.parts.uri);
    sha256(&[line.as_bytes(), call.body].concat())
}

/// The header, if it was sent.
fn key(headers: &HeaderMap) -> Result<Option<IdempotencyKey>, Code> {
    let mut values = headers.get_all("idempotency-key").iter();
    let Some(value) = values.next() else { return Ok(None) };
    let key = value.to_str().ok().and_then(IdempotencyKey::parse);
    match (key, values.next()) {
        (Some(key), None) => Ok(Some(key)),
        _ => Err(Code::InvalidIdempotencyKey),
    }
}

#[cfg(test)]
mod tests {
    use super::{Code, key};
    use axum::http::{HeaderMap, HeaderValue};

    #[test]
    fn api_05_an_idempotency_key_stands_in_one_header() {
        let read = |values: &[&str]| {
            let mut headers = HeaderMap::new();
            for value in values {
                headers.append("idempotency-key", HeaderValue::from_str(value).unwrap());
            }
            key(&headers).map(|key| key.map(|key| key.as_str().to_owned()))
        };
        assert_eq!(read(&[]), Ok(None));
        assert_eq!(read(&["order-17"]), Ok(Some("order-17".into())));
        for bad in [&[""][..], &["a b"], &["a", "a"], &["\t"], &["订单"]] {
            assert_eq!(read(bad), Err(Code::InvalidIdempotencyKey), "{bad:?}");
        }
    }
}
