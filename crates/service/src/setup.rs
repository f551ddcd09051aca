//! The first owner and merchant, by a link that only the operator sees.

use crate::{RequestInfo, ServiceError, Services, SignedIn, passwords};
use aio_domain::{
    AuthLevel, Field, FieldCode, FieldError, MerchantId, Problem, Role, SecretText, UserId,
    audit::{ActorKind, Outcome, sha256},
    random_array,
    text::{Email, Label},
};
use aio_store::{Merchant, NewUser};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::json;

/// What the set-up form asks.
#[derive(Debug)]
pub struct NewOwner {
    /// From the link.
    pub token: SecretText,
    /// The merchant's name.
    pub merchant_name: String,
    /// The owner's name.
    pub name: String,
    /// The owner's e-mail address.
    pub email: String,
    /// The owner's password.
    pub password: SecretText,
}

impl Services {
    /// Whether the first owner was made.
    pub async fn is_set_up(&self) -> Result<bool, ServiceError> {
        Ok(self.store().setup_state().await?.completed)
    }

    /// A new token for the set-up link, while there is no owner; the link before it stops working.
    pub async fn issue_setup_token(&self) -> Result<Option<SecretText>, ServiceError> {
        let bytes: [u8; 32] = random_array(self.random())?;
        let token = SecretText::new(URL_SAFE_NO_PAD.encode(bytes));
        let mut tx = self.store().begin().await?;
        let open = tx.put_setup_token(&sha256(token.expose().as_bytes()), self.now()).await?;
        tx.commit().await?;
        Ok(open.then_some(token))
    }

    /// Makes the first merchant and its owner, once: of two visitors with the same link one wins.
    pub async fn create_owner(
        &self,
        info: &RequestInfo,
        owner: NewOwner,
    ) -> Result<SignedIn, ServiceError> {
        self.count_try(&self.secret_limit("setup", &crate::throttle::network(info.address), 30))
            .await?;
        if self.is_set_up().await? {
            return Err(Problem::SetupLink.into());
        }
        let (merchant_name, name, email) = check(&owner)?;
        let hash = self.0.hasher.hash(owner.password, self.random()).await?;
        let now = self.now();
        let mut tx = self.store().begin().await?;
        if !tx.complete_setup(&sha256(owner.token.expose().as_bytes()), now).await? {
            return Err(Problem::SetupLink.into());
        }
        let (user, merchant) =
            (UserId::generate(now, self.random())?, MerchantId::generate(now, self.random())?);
        let row = NewUser {
            id: user,
            email,
            name,
            password_hash: SecretText::new(hash),
            created_at: now,
        };
        tx.insert_user(&row).await?;
        tx.insert_step_counter(user).await?;
        let row = Merchant {
            id: merchant,
            name: merchant_name,
            dashboard_allowlist_on: false,
            created_at: now,
        };
        tx.insert_merchant(&row).await?;
        tx.insert_member(merchant, user, Role::Owner, now).await?;
        self.draw_pending(&mut tx, user).await?;
        let token =
            self.open_session(&mut tx, user, Some(merchant), AuthLevel::Enrolling, info).await?;
        let line = crate::audit::Line {
            merchant: Some(merchant),
            actor: (ActorKind::Visitor, None),
            action: "merchant.created",
            target: Some(merchant.to_string()),
            outcome: Outcome::Done,
            origin: Some((info.address, info.request_id.to_string())),
            detail: &json!({ "owner": user }),
        };
        self.write(&mut tx, line).await?;
        tx.commit().await?;
        Ok(SignedIn { token, level: AuthLevel::Enrolling })
    }
}

fn check(owner: &NewOwner) -> Result<(Label, Label, Email), Problem> {
    let mut errors = Vec::new();
    let mut keep = |field: Field, code: FieldCode| errors.push(FieldError::of(field, code));
    let merchant =
        Label::parse(&owner.merchant_name).map_err(|code| keep(Field::MerchantName, code)).ok();
    let name = Label::parse(&owner.name).map_err(|code| keep(Field::Name, code)).ok();
    let email = Email::parse(&owner.email).map_err(|code| keep(Field::Email, code)).ok();
    let words = own_words(&owner.email, &[&owner.name, &owner.merchant_name]);
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    if let Err(code) = passwords::check_new(owner.password.expose(), passwords::MIN_LENGTH, &words)
    {
        keep(Field::NewPassword, code);
    }
    match (merchant, name, email) {
        (Some(merchant), Some(name), Some(email)) if errors.is_empty() => {
            Ok((merchant, name, email))
        }
        _ => Err(Problem::Invalid { errors }),
    }
}

/// Words of an account that its password may not be made of.
pub(crate) fn own_words(email: &str, names: &[&str]) -> Vec<String> {
    let local = email.split('@').next().unwrap_or_default();
    let plain = |text: &str| {
        text.to_lowercase().chars().filter(|letter| letter.is_alphanumeric()).collect::<String>()
    };
    std::iter::once(local)
        .chain(names.iter().copied())
        .map(plain)
        .filter(|word| word.chars().count() >= 4)
        .collect()
}
