//! What stands before a page: who may open it, where others are sent, and the data of the pages without wasm.

use super::{
    cookies, guard,
    layers::{RefusedAddress, Uncompressed},
    refusal::{Asked, Refusal},
    site::Site,
    v1::docs::docs,
};
use crate::api::page::{Enrolment, PageData, Reveal, RevealOccasion};
use aio_domain::{
    Action, ApiKeyId, AuthLevel, CollectionId, EntryId, Language, Problem, SubaddressId, Theme,
    TransactionId, preferences::Preferences,
};
use aio_service::{Permit, RequestInfo, Revealed, RevealedFor, ServiceError, Session};
use axum::{
    Extension,
    extract::{Request, State},
    http::{HeaderMap, HeaderValue, Method, StatusCode, header},
    middleware::Next,
    response::{IntoResponse as _, Response},
};
use std::{fmt::Write as _, sync::Arc};

/// Of an answer that knows nothing of its reader.
pub const DEFAULT_PREFERENCES: Preferences =
    Preferences { language: Language::En, theme: Theme::System };

/// Language and theme of an answer: the person's choice, then this browser's, then the device's.
pub fn preferences(headers: &HeaderMap, session: Option<&Session>) -> Preferences {
    let language = session.and_then(|session| session.language);
    let theme = session.and_then(|session| session.theme).or_else(|| cookies::theme(headers));
    Preferences {
        language: language.unwrap_or_else(|| cookies::language(headers)),
        theme: theme.unwrap_or(Theme::System),
    }
}

/// The page's guard; the page itself is behind `next` and finds its data in the request.
pub async fn page(
    State((site, action)): State<(Site, Action)>,
    Extension(asked): Extension<Asked>,
    Extension(info): Extension<RequestInfo>,
    mut request: Request,
    next: Next,
) -> Response {
    let session = request.extensions().get::<Session>().cloned();
    let mut data = page_data(&site, &request, session.as_ref());
    if request.extensions().get::<RefusedAddress>().is_some() {
        data.refused_address = Some(info.address.to_string());
        request.extensions_mut().insert(data);
        return with_status(next.run(request).await, StatusCode::FORBIDDEN);
    }
    let permit = match guard::check(action, session.as_ref(), &info) {
        Ok(permit) => permit,
        Err(problem) => return turn_away(&problem, &request, &asked),
    };
    if !has_good_ids(action, &data.path) {
        return Refusal::NotFound.answer(&asked);
    }
    match redirect(&site, action, session.as_ref()).await {
        Ok(Some(path)) => return see_other(path),
        Ok(None) => {}
        Err(error) => return failed(&error, &asked),
    }
    let is_looked_at = is_looked_at(&request);
    if let Some(permit) = permit
        && let Err(error) = fill(&site, &permit, is_looked_at, &mut data).await
    {
        return failed(&error, &asked);
    }
    if action == Action::DocsPage {
        data.docs = Some(Arc::new(docs(site.origin.as_str())));
    }
    request.extensions_mut().insert(data);
    let mut response = next.run(request).await;
    if has_secrets(action) {
        response.extensions_mut().insert(Uncompressed);
    }
    response
}

/// What every page knows, and the page for unknown addresses too.
pub fn page_data(site: &Site, request: &Request, session: Option<&Session>) -> PageData {
    let preferences = preferences(request.headers(), session);
    PageData {
        language: preferences.language,
        theme: preferences.theme,
        plain: false,
        path: request.uri().path().to_owned(),
        now: site.clock.now(),
        typed: Vec::new(),
        enrolment: None,
        recovery_codes: None,
        reveal: None,
        refused_address: None,
        docs: None,
    }
    .with_typed(request)
}

impl PageData {
    fn with_typed(mut self, request: &Request) -> Self {
        if matches!(self.path.as_str(), "/sign-in" | "/setup") {
            self.typed = cookies::typed(request.headers(), &self.path);
        }
        self
    }
}

/// Where a person belongs who may not open the page asked for.
fn turn_away(problem: &Problem, request: &Request, asked: &Asked) -> Response {
    let here = request.uri().path_and_query().map(ToString::to_string).unwrap_or_default();
    match problem {
        Problem::SignedOut => see_other(guard::with_next("/sign-in", &here)),
        Problem::CodeAwaited => see_other(guard::with_next("/challenge", &here)),
        Problem::EnrolmentRequired => see_other("/setup/totp".to_owned()),
        Problem::AlreadyDone => see_other("/".to_owned()),
        _ => Refusal::Forbidden.answer(asked),
    }
}

/// Whether what stands in the places of ids has their form; whether there is such a thing is the page's question.
fn has_good_ids(action: Action, path: &str) -> bool {
    action.row().path.split('/').zip(path.split('/')).all(|(place, text)| match place {
        "{id}" => text.parse::<ApiKeyId>().is_ok(),
        "{entry}" => text.parse::<EntryId>().is_ok(),
        "{transaction}" => text.parse::<TransactionId>().is_ok(),
        "{chain}" => text.len() <= 20 && text.bytes().all(|byte| byte.is_ascii_alphanumeric()),
        "{collection}" => text.parse::<CollectionId>().is_ok(),
        "{subaddress}" => text.parse::<SubaddressId>().is_ok(),
        _ => true,
    })
}

/// Pages that lie behind: sign-in for whoever is signed in, set-up once it is done.
async fn redirect(
    site: &Site,
    action: Action,
    session: Option<&Session>,
) -> Result<Option<String>, ServiceError> {
    let signed_in = session.is_some_and(|session| session.level == AuthLevel::Full);
    let path = match action {
        Action::SignInPage | Action::SetupPage if signed_in => "/",
        Action::SetupPage if site.services.is_set_up().await? => "/sign-in",
        _ => return Ok(None),
    };
    Ok(Some(path.to_owned()))
}

const fn has_secrets(action: Action) -> bool {
    matches!(
        action,
        Action::EnrolPage
            | Action::ReplaceConfirmPage
            | Action::RecoveryCodesPage
            | Action::KeySecretPage
    )
}

/// Loads what the page shows. What is shown once is taken only by a person's own look at the page.
async fn fill(
    site: &Site,
    permit: &Permit,
    is_looked_at: bool,
    data: &mut PageData,
) -> Result<(), ServiceError> {
    let services = &site.services;
    match permit.action() {
        Action::EnrolPage | Action::ReplaceConfirmPage => {
            let pending = services.pending_authenticator(permit).await?;
            data.enrolment = pending.and_then(|pending| {
                let qr = qr_path(pending.uri.expose())?;
                let account = permit.session().email.clone();
                let (manual_key, expires_at) = (pending.manual_key, pending.expires_at);
                Some(Arc::new(Enrolment { qr, manual_key, account, expires_at }))
            });
        }
        Action::RecoveryCodesPage if is_looked_at => {
            data.recovery_codes = services.take_codes(permit).await?.map(Arc::new);
        }
        Action::KeySecretPage if is_looked_at => {
            let id = data.path.split('/').nth(2).and_then(|id| id.parse().ok());
            let id: ApiKeyId = id.ok_or(Problem::NotFound)?;
            let revealed = services.take_reveal(permit, id).await?;
            data.reveal = revealed.map(|revealed| Arc::new(reveal(site, revealed)));
        }
        _ => {}
    }
    Ok(())
}

/// Not a look ahead by the browser, not a link on another site, not a question about headers only.
fn is_looked_at(request: &Request) -> bool {
    let headers = request.headers();
    let says = |name: &str, word: &str| {
        headers.get(name).is_some_and(|value| value.as_bytes() == word.as_bytes())
    };
    request.method() == Method::GET
        && !headers.contains_key("sec-purpose")
        && !says("purpose", "prefetch")
        && !says("sec-fetch-site", "cross-site")
        && !says("sec-fetch-site", "same-site")
}

fn reveal(site: &Site, revealed: Revealed) -> Reveal {
    Reveal {
        id: revealed.id,
        label: revealed.label,
        occasion: match revealed.occasion {
            RevealedFor::Created => RevealOccasion::Created,
            RevealedFor::Copied => RevealOccasion::Copied,
            RevealedFor::AesEnabled => RevealOccasion::AesEnabled,
            RevealedFor::AesCopied => RevealOccasion::AesCopied,
            RevealedFor::AesRegenerated => RevealOccasion::AesRegenerated,
        },
        secret: revealed.secret,
        aes_key: revealed.aes_key,
        never_again: revealed.never_again,
        origin: site.origin.to_string(),
    }
}

/// Dark modules as path data, runs of a row joined, with the quiet zone of four modules that scanners need.
pub fn qr_path(text: &str) -> Option<(String, u32)> {
    const QUIET: usize = 4;
    let code = qrcode::QrCode::new(text).ok()?;
    let width = code.width();
    let colors = code.to_colors();
    let mut path = String::new();
    for (y, row) in colors.chunks(width).enumerate() {
        let mut x = 0;
        while x < width {
            let run = row.iter().skip(x).take_while(|color| **color == qrcode::Color::Dark).count();
            if run > 0 {
                write!(path, "M{} {}h{run}v1h-{run}z", x + QUIET, y + QUIET).ok()?;
            }
            x += run.max(1);
        }
    }
    let side = u32::try_from(width + 2 * QUIET).ok()?;
    Some((path, side))
}

fn failed(error: &ServiceError, asked: &Asked) -> Response {
    if error.is_fault() {
        tracing::error!(request.id = &*asked.request_id, error = %error, "page data");
    }
    let refusal = match error.problem() {
        Problem::NotFound => Refusal::NotFound,
        Problem::Forbidden => Refusal::Forbidden,
        Problem::Busy => Refusal::Busy,
        Problem::Unavailable => Refusal::Unavailable,
        _ => Refusal::Panicked,
    };
    refusal.answer(asked)
}

fn see_other(path: String) -> Response {
    let location = HeaderValue::try_from(path).unwrap_or_else(|_| HeaderValue::from_static("/"));
    (StatusCode::SEE_OTHER, [(header::LOCATION, location)]).into_response()
}

fn with_status(mut response: Response, status: StatusCode) -> Response {
    *response.status_mut() = status;
    response
}

#[cfg(test)]
mod tests {
    use super::qr_path;

    #[test]
    fn a_qr_code_is_drawn_with_its_quiet_zone() {
        let (path, side) = qr_path("otpauth://totp/AIO:a?secret=AAAA").unwrap();
        // The finder pattern in the corner begins with a run of seven.
        assert!(path.starts_with("M4 4h7v1h-7z"), "{path}");
        assert!(side > 29);
    }
}
