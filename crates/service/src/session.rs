//! Sessions, and the permits they give.

use crate::{ServiceError, Services};
use aio_domain::{
    Action, AuthLevel, Language, MerchantId, Problem, Role, SecretText, SessionRef, Theme,
    Timestamp, UserId,
    audit::sha256,
    policy::Needs,
    random_array,
    session::{TOUCH_EVERY, is_alive},
};
use aio_store::{Hash, NewSession, SessionRow, Tx};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use std::{net::IpAddr, sync::Arc};

/// What is known of a request, whoever sent it.
#[derive(Debug, Clone)]
pub struct RequestInfo {
    /// The client's canonical address.
    pub address: IpAddr,
    /// The request's id.
    pub request_id: Arc<str>,
    /// The browser's own description.
    pub user_agent: Arc<str>,
}

/// The value of the session cookie: 256 random bits. The database holds only its hash.
#[derive(Debug)]
pub struct SessionToken(SecretText);

impl SessionToken {
    /// The cookie's value.
    pub fn expose(&self) -> &str {
        self.0.expose()
    }

    fn hash(&self) -> Hash {
        sha256(self.0.expose().as_bytes())
    }
}

/// What a successful password gives.
#[derive(Debug)]
pub struct SignedIn {
    /// The new session.
    pub token: SessionToken,
    /// What it may do next.
    pub level: AuthLevel,
}

/// A live session and whose it is, as read from the database for this request.
#[derive(Debug, Clone)]
pub struct Session {
    /// SHA-256 of the cookie's value.
    pub(crate) hash: Hash,
    /// Public handle.
    pub handle: SessionRef,
    /// How far the sign-in has come.
    pub level: AuthLevel,
    /// The person.
    pub user: UserId,
    /// The person's name.
    pub user_name: String,
    /// The person's e-mail address.
    pub email: String,
    /// The merchant, unless the membership is gone.
    pub merchant: Option<MerchantId>,
    /// Its name.
    pub merchant_name: String,
    /// The person's role there.
    pub role: Option<Role>,
    /// The person's language, if chosen.
    pub language: Option<Language>,
    /// The person's theme, if chosen.
    pub theme: Option<Theme>,
    /// Until when secrets may not be copied.
    pub hold_until: Option<Timestamp>,
}

/// A caller who may do one action: made only by [`Session::permit`], checked again by each use case.
#[derive(Debug, Clone)]
pub struct Permit {
    action: Action,
    session: Session,
    info: RequestInfo,
}

impl Session {
    /// Checks the session against the action's row of the policy table.
    pub fn permit(&self, action: Action, info: &RequestInfo) -> Result<Permit, Problem> {
        let level = self.level;
        match (action.row().needs, level) {
            (Needs::Nothing | Needs::AnySession, _)
            | (Needs::CodePending, AuthLevel::CodePending)
            | (Needs::Enrolment, AuthLevel::Enrolling | AuthLevel::Recovering)
            | (Needs::Person, AuthLevel::Full) => {}
            (Needs::Roles(roles), AuthLevel::Full) => {
                let held =
                    self.role.is_some_and(|role| roles.contains(&role)) && self.merchant.is_some();
                if !held {
                    return Err(Problem::Forbidden);
                }
            }
            (Needs::AnyKey | Needs::Scope(_), _) => return Err(Problem::Forbidden),
            (_, AuthLevel::CodePending) => return Err(Problem::CodeAwaited),
            (_, AuthLevel::Enrolling | AuthLevel::Recovering) => {
                return Err(Problem::EnrolmentRequired);
            }
            // A signed-in person at a step that lies behind them.
            (Needs::CodePending | Needs::Enrolment, AuthLevel::Full) => {
                return Err(Problem::AlreadyDone);
            }
        }
        Ok(Permit { action, session: self.clone(), info: info.clone() })
    }
}

impl Permit {
    /// Refuses when the permit was given for another action: a fault of this program.
    pub(crate) fn is(&self, action: Action) -> Result<(), ServiceError> {
        if self.action == action {
            Ok(())
        } else {
            Err(ServiceError::Broken("permit of another action"))
        }
    }

    /// The action.
    pub const fn action(&self) -> Action {
        self.action
    }

    /// The session behind it.
    pub const fn session(&self) -> &Session {
        &self.session
    }

    /// The request behind it.
    pub const fn info(&self) -> &RequestInfo {
        &self.info
    }

    /// The person.
    pub const fn user(&self) -> UserId {
        self.session.user
    }

    /// The merchant.
    pub(crate) fn merchant(&self) -> Result<MerchantId, ServiceError> {
        self.session.merchant.ok_or_else(|| Problem::Forbidden.into())
    }

    /// The person's role at the merchant.
    pub const fn role(&self) -> Option<Role> {
        self.session.role
    }
}

impl From<(SessionRow, Hash)> for Session {
    fn from((row, hash): (SessionRow, Hash)) -> Self {
        Self {
            hash,
            handle: row.handle,
            level: row.level,
            user: row.user,
            user_name: row.user_name.to_string(),
            email: row.email.to_string(),
            merchant: row.role.and(row.merchant),
            merchant_name: row.merchant_name.map(String::from).unwrap_or_default(),
            role: row.role,
            language: row.language,
            theme: row.theme,
            hold_until: row.hold_until,
        }
    }
}

impl Services {
    /// The live session of a cookie, looked up anew for every request. An address that the merchant's
    /// dashboard allowlist does not hold is refused before anything of the merchant is read.
    pub async fn session(
        &self,
        cookie: &str,
        info: &RequestInfo,
    ) -> Result<Option<Session>, ServiceError> {
        // A cookie of another form was not made by us and is not worth a look-up.
        if cookie.len() != 43 {
            return Ok(None);
        }
        let hash = sha256(cookie.as_bytes());
        let Some(row) = self.store().session(&hash).await? else {
            return Ok(None);
        };
        let now = self.now();
        if row.disabled_at.is_some() || !is_alive(row.level, row.created_at, row.seen_at, now) {
            return Ok(None);
        }
        if let (Some(merchant), true) = (row.merchant, row.dashboard_allowlist_on == Some(true)) {
            self.check_dashboard_address(merchant, info.address).await?;
        }
        if now.since(row.seen_at) >= TOUCH_EVERY {
            self.store().touch_session(&hash, now, info.address).await?;
        }
        Ok(Some(Session::from((row, hash))))
    }

    /// Whether a session that was looked up before still stands, at this address. Asking does not make it last longer:
    /// an open page is no person.
    pub async fn still_stands(
        &self,
        session: &Session,
        info: &RequestInfo,
    ) -> Result<bool, ServiceError> {
        let Some(row) = self.store().session(&session.hash).await? else { return Ok(false) };
        let now = self.now();
        if row.disabled_at.is_some()
            || row.merchant != session.merchant
            || !is_alive(row.level, row.created_at, row.seen_at, now)
        {
            return Ok(false);
        }
        if let (Some(merchant), true) = (row.merchant, row.dashboard_allowlist_on == Some(true)) {
            return Ok(self.check_dashboard_address(merchant, info.address).await.is_ok());
        }
        Ok(true)
    }

    /// A new session of a person, written in the caller's transaction.
    pub(crate) async fn open_session(
        &self,
        tx: &mut Tx,
        user: UserId,
        merchant: Option<MerchantId>,
        level: AuthLevel,
        info: &RequestInfo,
    ) -> Result<SessionToken, ServiceError> {
        let now = self.now();
        let bytes: [u8; 32] = random_array(self.random())?;
        let token = SessionToken(SecretText::new(URL_SAFE_NO_PAD.encode(bytes)));
        let row = NewSession {
            id_hash: token.hash(),
            handle: SessionRef::generate(now, self.random())?,
            user,
            merchant,
            level,
            created_at: now,
            address: info.address,
            user_agent: info.user_agent.chars().take(200).collect(),
        };
        tx.insert_session(&row).await?;
        Ok(token)
    }

    /// Replaces the permit's session by a new one of another level: the old cookie is dead at once.
    pub(crate) async fn rotate_session(
        &self,
        tx: &mut Tx,
        permit: &Permit,
        level: AuthLevel,
    ) -> Result<SessionToken, ServiceError> {
        let session = permit.session();
        if !tx.delete_session(&session.hash).await? {
            return Err(Problem::SignedOut.into());
        }
        self.open_session(tx, session.user, session.merchant, level, permit.info()).await
    }

    pub(crate) fn token_hash(token: &SessionToken) -> Hash {
        token.hash()
    }
}
