//! What server functions stand behind. They run for HTTP calls and for pages that render on the server, so they
//! read everything from the request in the context and rely on no layer.

use super::{layers::RefusedAddress, site::Site};
use crate::api::{ApiError, page::PageData};
use aio_domain::{Action, AuthLevel, Problem, policy, preferences::Preferences};
use aio_service::{Permit, RequestInfo, ServiceError, Services, Session};
use axum::http::{StatusCode, request::Parts};
use leptos::prelude::use_context;
use leptos_axum::ResponseOptions;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde::Serialize;

const QUERY: &AsciiSet = &NON_ALPHANUMERIC.remove(b'/').remove(b'-').remove(b'_').remove(b'.');

/// The caller's permit for an action of the policy table.
#[expect(
    clippy::unused_async,
    reason = "callers await it, as they await everything that may refuse"
)]
pub async fn permit(action: Action) -> Result<(Services, Permit), ApiError> {
    let parts = request()?;
    let (services, info) = known(&parts)?;
    match parts.extensions.get::<Session>() {
        Some(session) => Ok((services, session.permit(action, &info)?)),
        None if parts.extensions.get::<RefusedAddress>().is_some() => {
            Err(Problem::AddressRefused.into())
        }
        None => Err(Problem::SignedOut.into()),
    }
}

/// A caller who needs no session: sign-in, set-up. An address that the session's merchant refuses is refused
/// here too, before anything is tested.
#[expect(
    clippy::unused_async,
    reason = "callers await it, as they await everything that may refuse"
)]
pub async fn visitor() -> Result<(Services, RequestInfo), ApiError> {
    let parts = request()?;
    if parts.extensions.get::<RefusedAddress>().is_some() {
        return Err(Problem::AddressRefused.into());
    }
    known(&parts)
}

/// What browsers call this server.
pub fn origin() -> Result<String, ApiError> {
    let site = request()?.extensions.get::<Site>().map(|site| site.origin.to_string());
    site.ok_or_else(|| Problem::Internal.into())
}

/// The services alone.
pub fn services() -> Result<Services, ApiError> {
    known(&request()?).map(|(services, _)| services)
}

/// The session of the request, at whatever level.
pub fn session() -> Option<Session> {
    use_context::<Parts>()?.extensions.get().cloned()
}

/// Language and theme of this answer.
pub fn preferences() -> Preferences {
    let parts = use_context::<Parts>();
    parts.map_or(super::pages::DEFAULT_PREFERENCES, |parts| {
        super::pages::preferences(&parts.headers, parts.extensions.get())
    })
}

fn request() -> Result<Parts, ApiError> {
    use_context::<Parts>().ok_or(ApiError(Problem::Internal))
}

fn known(parts: &Parts) -> Result<(Services, RequestInfo), ApiError> {
    let site = parts.extensions.get::<Site>();
    let info = parts.extensions.get::<RequestInfo>();
    match (site, info) {
        (Some(site), Some(info)) => Ok((site.services.clone(), info.clone())),
        _ => Err(Problem::Internal.into()),
    }
}

/// Where people arrive who asked for no page of their own.
pub const LANDING: &str = "/";

/// Goes on at a path of this server.
pub fn go(path: &str) {
    leptos_axum::redirect(&safe_next(path).unwrap_or_else(|| "/".to_owned()));
}

/// Where a right password leads.
pub fn after_password(level: AuthLevel, next: &str) -> String {
    match level {
        AuthLevel::CodePending => with_next("/challenge", next),
        AuthLevel::Enrolling | AuthLevel::Recovering => "/setup/totp".to_owned(),
        AuthLevel::Full => after_code(next),
    }
}

/// Where a right code leads.
pub fn after_code(next: &str) -> String {
    safe_next(next).unwrap_or_else(|| LANDING.to_owned())
}

/// The page with `?next=`, when there is a page to come back to.
pub fn with_next(page: &str, next: &str) -> String {
    match safe_next(next).filter(|next| next != "/") {
        Some(next) => format!("{page}?next={}", utf8_percent_encode(&next, QUERY)),
        None => page.to_owned(),
    }
}

/// The path, when it is one on this server and short: one slash in front, no backslash, nothing that is not
/// printable ASCII.
pub fn safe_next(path: &str) -> Option<String> {
    let here = path.starts_with('/') && !path.starts_with("//") && path.len() <= 512;
    let printable = path.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'\\');
    (here && printable).then(|| path.to_owned())
}

/// Keeps what was typed when the form is refused, so that the page can show it again.
pub async fn or_draft<T>(
    services: &Services,
    permit: &Permit,
    form: &'static str,
    target: &str,
    typed: &impl Serialize,
    result: Result<T, ServiceError>,
) -> Result<T, ApiError> {
    let error = match result {
        Ok(value) => return Ok(value),
        Err(error) => error,
    };
    services.keep_draft(permit, form, target, typed).await?;
    Err(error.into())
}

impl From<ServiceError> for ApiError {
    fn from(error: ServiceError) -> Self {
        log(&error);
        let problem = error.problem();
        tell_page(&problem);
        Self(problem)
    }
}

/// What one card of a page shows, or why it cannot: the rest of the page is shown all the same, so that its status says
/// nothing of it.
pub fn card<T>(found: Result<T, ServiceError>) -> Result<T, ApiError> {
    found.map_err(|error| {
        log(&error);
        ApiError(error.problem())
    })
}

fn log(error: &ServiceError) {
    if error.is_fault() {
        let parts = use_context::<Parts>();
        let info = parts.as_ref().and_then(|parts| parts.extensions.get::<RequestInfo>());
        let request_id = info.map_or("-", |info| &*info.request_id);
        tracing::error!(request.id = request_id, error = %error, "use case failed");
    }
}

/// A page whose data was refused says so by its status too. For a call over HTTP the router does that.
fn tell_page(problem: &Problem) {
    if use_context::<PageData>().is_some()
        && let Some(options) = use_context::<ResponseOptions>()
        && let Ok(status) = StatusCode::from_u16(problem.status())
    {
        options.set_status(status);
    }
}

/// Whether the action's page or function is open to this session: the same answer as a permit, without one.
pub fn check(
    action: Action,
    session: Option<&Session>,
    info: &RequestInfo,
) -> Result<Option<Permit>, Problem> {
    match (action.row().needs, session) {
        (policy::Needs::Nothing, None) => Ok(None),
        (_, None) => Err(Problem::SignedOut),
        (_, Some(session)) => session.permit(action, info).map(Some),
    }
}

#[cfg(test)]
mod tests {
    use super::{safe_next, with_next};

    #[test]
    fn web_03_only_paths_of_this_server_are_gone_to() {
        for good in ["/", "/api-keys", "/api-keys/key_1/edit?change=chg_2&x=%2F"] {
            assert_eq!(safe_next(good).as_deref(), Some(good));
        }
        for bad in [
            "",
            "api-keys",
            "//evil.example",
            "/\\evil.example",
            "\\/evil.example",
            "https://evil.example",
            "/a b",
            "/a\r\nSet-Cookie: x=y",
            "/\u{0}",
            "/中",
            "javascript:alert(1)",
        ] {
            assert_eq!(safe_next(bad), None, "{bad:?}");
        }
        assert_eq!(safe_next(&format!("/{}", "a".repeat(512))), None);
    }

    #[test]
    fn the_page_asked_for_is_carried_through_sign_in() {
        assert_eq!(
            with_next("/challenge", "/api-keys?a=b&c=d"),
            "/challenge?next=/api-keys%3Fa%3Db%26c%3Dd"
        );
        assert_eq!(with_next("/challenge", "//evil.example"), "/challenge");
        assert_eq!(with_next("/challenge", "/"), "/challenge");
    }
}
