//! Somebody at a browser.

use super::{TestClock, refusal};
use aio_domain::{
    Action, AllowlistMode, ApiKeyId, Clock, MerchantId, Problem, Role, Scope, SecretText, UserId,
    totp::TotpSecret,
};
use aio_service::{
    KeyCaller, KeyInput, KeyRefused, Permit, RefusalReason, RequestInfo, Revealed, Services,
    Session, SessionToken, SignedIn,
};
use std::sync::Arc;

/// The password of everybody in these tests.
pub const PASSWORD: &str = "violet-harbour-93";

/// One browser of one person.
#[derive(Clone)]
pub struct Person {
    pub services: Services,
    pub clock: Arc<TestClock>,
    pub cookie: String,
    pub totp: Option<TotpSecret>,
    pub recovery_codes: Vec<String>,
    pub user: UserId,
    pub merchant: MerchantId,
    pub email: String,
    pub info: RequestInfo,
}

impl Person {
    pub async fn try_session(&self) -> Result<Option<Session>, Problem> {
        self.services.session(&self.cookie, &self.info).await.map_err(|error| error.problem())
    }

    pub async fn session(&self) -> Session {
        self.try_session().await.unwrap().expect("a live session")
    }

    pub async fn is_signed_in(&self) -> bool {
        self.try_session().await.unwrap().is_some()
    }

    pub async fn try_permit(&self, action: Action) -> Result<Permit, Problem> {
        let session = self.try_session().await?.ok_or(Problem::SignedOut)?;
        session.permit(action, &self.info)
    }

    pub async fn permit(&self, action: Action) -> Permit {
        self.try_permit(action).await.unwrap()
    }

    /// The role that the next request sees.
    pub async fn role(&self) -> Option<Role> {
        self.session().await.role
    }

    /// What the authenticator shows now.
    pub fn code(&self) -> String {
        self.code_of(self.totp.as_ref().expect("an authenticator"))
    }

    fn code_of(&self, totp: &TotpSecret) -> String {
        let code = totp.code_at(self.clock.now()).unwrap();
        String::from_utf8(code.as_bytes().to_vec()).unwrap()
    }

    /// Waits for the next code and reads it.
    pub fn next_code(&self) -> String {
        self.clock.next_step();
        self.code()
    }

    /// Six digits that the authenticator shows neither now nor showed in the step before.
    pub fn wrong_code(&self) -> String {
        let totp = self.totp.as_ref().expect("an authenticator");
        let now = self.clock.now();
        let shown = [now, now.plus(-30_000)].map(|at| totp.code_at(at).unwrap());
        let wrong = (0..4)
            .map(|number| format!("{number:06}"))
            .find(|text| shown.iter().all(|code| code.as_bytes() != text.as_bytes()));
        wrong.unwrap()
    }

    /// The pending secret that the page shows.
    pub async fn pending(&self, page: Action) -> Option<TotpSecret> {
        let permit = self.permit(page).await;
        let shown = self.services.pending_authenticator(&permit).await.unwrap()?;
        TotpSecret::from_bytes(&base32(shown.manual_key.expose()))
    }

    /// Scans the pending secret of a first sign-in, types its code and notes the recovery codes.
    pub async fn enrol(&mut self) {
        let start = self.permit(Action::EnrolStart).await;
        self.services.start_enrolment(&start).await.unwrap();
        let totp = self.pending(Action::EnrolPage).await.unwrap();
        let permit = self.permit(Action::EnrolConfirm).await;
        let token = self.services.confirm_enrolment(&permit, &self.code_of(&totp)).await.unwrap();
        self.totp = Some(totp);
        self.becomes(token);
        self.recovery_codes = self.read_codes().await;
    }

    /// The recovery codes that wait on their page.
    pub async fn read_codes(&self) -> Vec<String> {
        let page = self.permit(Action::RecoveryCodesPage).await;
        let codes = self.services.take_codes(&page).await.unwrap().unwrap();
        codes.iter().map(|code| code.expose().to_owned()).collect()
    }

    /// Takes the new cookie on.
    pub fn becomes(&mut self, token: SessionToken) {
        token.expose().clone_into(&mut self.cookie);
    }

    /// The same person at another server of the same installation.
    pub fn at(&self, services: &Services) -> Self {
        Self { services: services.clone(), ..self.clone() }
    }

    /// The same person with another cookie.
    pub fn with_cookie(&self, cookie: String) -> Self {
        Self { cookie, ..self.clone() }
    }

    /// The same person somewhere else.
    pub fn from(&self, address: &str) -> Self {
        Self { info: super::info(address), ..self.clone() }
    }

    /// The first step of a sign-in.
    pub async fn type_password(&self, password: &str) -> Result<SignedIn, Problem> {
        self.services
            .sign_in(&self.info, &self.email, SecretText::new(password.into()))
            .await
            .map_err(|error| error.problem())
    }

    /// A second browser, which has given the password and not the code.
    pub async fn second_browser(&self) -> Self {
        let signed_in = self.type_password(PASSWORD).await.unwrap();
        self.with_cookie(signed_in.token.expose().to_owned())
    }

    pub async fn type_code(&self, code: &str) -> Result<SessionToken, Problem> {
        let permit = self.try_permit(Action::VerifyCode).await?;
        self.services.verify_code(&permit, code).await.map_err(|error| error.problem())
    }

    /// A plain key.
    pub async fn key(&self, label: &str) -> ApiKeyId {
        self.create_key(key_input(label)).await.unwrap()
    }

    /// A plain key and its secret.
    pub async fn key_and_secret(&self, label: &str) -> (ApiKeyId, String) {
        let id = self.key(label).await;
        let shown = self.reveal(id).await.unwrap();
        (id, shown.secret.unwrap().expose().to_owned())
    }

    /// Both steps of a new key.
    pub async fn create_key(&self, input: KeyInput) -> Result<ApiKeyId, Problem> {
        let begin = self.try_permit(Action::KeyCreateBegin).await?;
        let change =
            self.services.begin_create_key(&begin, input).await.map_err(|error| error.problem())?;
        let permit = self.try_permit(Action::KeyCreate).await?;
        let code = self.next_code();
        let done = self.services.create_key(&permit, change, &code).await;
        done.map_err(|error| error.problem())
    }

    /// Both steps of an edit of the key as it is now.
    pub async fn edit_key(&self, id: ApiKeyId, input: KeyInput) -> Result<ApiKeyId, Problem> {
        let version = self.key_version(id).await;
        let begin = self.try_permit(Action::KeyEditBegin).await?;
        let change = self
            .services
            .begin_edit_key(&begin, id, version, input)
            .await
            .map_err(|error| error.problem())?;
        let permit = self.try_permit(Action::KeyEdit).await?;
        let code = self.next_code();
        let done = self.services.edit_key(&permit, change, &code).await;
        done.map_err(|error| error.problem())
    }

    pub async fn key_version(&self, id: ApiKeyId) -> i64 {
        let permit = self.permit(Action::KeyGet).await;
        let (row, _) = self.services.get_key(&permit, id).await.unwrap();
        row.version
    }

    pub async fn copy_key(&self, id: ApiKeyId, code: &str) -> Result<(), Problem> {
        let permit = self.try_permit(Action::KeyCopy).await?;
        let done = self.services.copy_key(&permit, id, code).await;
        done.map_err(|error| error.problem())
    }

    pub async fn unfreeze_key(&self, id: ApiKeyId, code: &str) -> Result<(), Problem> {
        let permit = self.try_permit(Action::KeyUnfreeze).await?;
        let done = self.services.unfreeze_key(&permit, id, code).await;
        done.map_err(|error| error.problem())
    }

    pub async fn delete_key(&self, id: ApiKeyId, code: &str) -> Result<(), Problem> {
        let permit = self.try_permit(Action::KeyDelete).await?;
        let done = self.services.delete_key(&permit, id, code).await;
        done.map_err(|error| error.problem())
    }

    pub async fn enable_aes(&self, id: ApiKeyId) {
        let permit = self.permit(Action::AesEnable).await;
        let code = self.next_code();
        self.services.enable_aes(&permit, id, &code).await.unwrap();
    }

    pub async fn regenerate_aes(&self, id: ApiKeyId, code: &str) -> Result<(), Problem> {
        let permit = self.try_permit(Action::AesRegenerate).await?;
        let done = self.services.regenerate_aes(&permit, id, code).await;
        done.map_err(|error| error.problem())
    }

    /// What the reveal page of a key shows.
    pub async fn reveal(&self, id: ApiKeyId) -> Option<Revealed> {
        let permit = self.permit(Action::KeySecretPage).await;
        self.services.take_reveal(&permit, id).await.unwrap()
    }

    pub async fn switch_allowlist(&self, on: bool) -> Result<(), Problem> {
        let permit = self.try_permit(Action::AllowlistSwitch).await?;
        let code = self.next_code();
        let done = self.services.switch_allowlist(&permit, on, &code).await;
        done.map_err(|error| error.problem())
    }

    /// Switches the dashboard allowlist on with a code.
    pub async fn switch_with(&self, code: &str) -> Result<(), Problem> {
        let permit = self.try_permit(Action::AllowlistSwitch).await?;
        let done = self.services.switch_allowlist(&permit, true, code).await;
        done.map_err(|error| error.problem())
    }

    /// A request with an API key, from this person's address.
    pub async fn call(&self, secret: &str) -> Result<KeyCaller, RefusalReason> {
        let answer = self.services.authenticate_key(secret, &self.info).await;
        answer.map_err(|refused| match refused {
            KeyRefused::Uniform(reason, _) => reason,
            KeyRefused::Unavailable(error) => panic!("{error}"),
        })
    }

    /// One wrong code for an action.
    pub async fn miss(&self) -> Problem {
        let permit = self.permit(Action::AllowlistSwitch).await;
        let code = self.wrong_code();
        refusal(self.services.switch_allowlist(&permit, true, &code).await)
    }

    /// The same, several times.
    pub async fn miss_times(&self, times: usize) {
        for _ in 0..times {
            self.miss().await;
        }
    }
}

/// What a person types for a plain key.
pub fn key_input(label: &str) -> KeyInput {
    KeyInput {
        label: label.into(),
        scopes: vec![Scope::EventsRead],
        allowlist_mode: Some(AllowlistMode::Any),
        ..KeyInput::default()
    }
}

/// What a person types for a key that works from listed ranges.
pub fn listed(label: &str, rules: &str) -> KeyInput {
    KeyInput {
        allowlist_mode: Some(AllowlistMode::Listed),
        rules: rules.into(),
        ..key_input(label)
    }
}

/// RFC 4648, written again so that the product's own encoder is not its judge.
fn base32(text: &str) -> Vec<u8> {
    let digits = |letter| "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567".find(letter).unwrap();
    let letters = text.chars().filter(char::is_ascii_alphanumeric);
    let bits: Vec<String> = letters.map(|letter| format!("{:05b}", digits(letter))).collect();
    let bits = bits.concat();
    let whole = bits.len() / 8 * 8;
    (0..whole).step_by(8).map(|at| u8::from_str_radix(&bits[at..at + 8], 2).unwrap()).collect()
}
