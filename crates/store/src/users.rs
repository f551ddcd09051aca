//! People.

use crate::{
    StoreError, Tx,
    cells::{row, values},
    statement::sql,
    tx::{alone, reads},
};
use aio_domain::{
    Language, SecretText, Theme, Timestamp, UserId,
    preferences::Preferences,
    text::{Email, Label},
};

macro_rules! select {
    ($rest:literal) => {
        concat!(
            "SELECT id, email, name, password_hash, password_changed_at, language, theme,
                created_at, disabled_at, hold_until
            FROM users ",
            $rest
        )
    };
}

sql! {
    FIND = select!("WHERE id = $1");
    BY_EMAIL = select!("WHERE email = $1");
    INSERT = "
        INSERT INTO users (id, email, name, password_hash, password_changed_at, created_at)
        VALUES ($1, $2, $3, $4, $5, $5)";
    SET_PASSWORD = "
        UPDATE users
        SET password_hash = $2, password_changed_at = $3
        WHERE id = $1";
    REHASH = "
        UPDATE users
        SET password_hash = $3
        WHERE id = $1 AND password_hash = $2";
    SET_NAME = "UPDATE users SET name = $2 WHERE id = $1";
    SET_PREFERENCES = "UPDATE users SET language = $2, theme = $3 WHERE id = $1";
    SET_HOLD = "UPDATE users SET hold_until = $2 WHERE id = $1";
    SET_DISABLED = "UPDATE users SET disabled_at = $2 WHERE id = $1";
}

/// A person to be added.
#[derive(Debug, Clone)]
pub struct NewUser {
    /// Id.
    pub id: UserId,
    /// E-mail address, unique.
    pub email: Email,
    /// Name shown.
    pub name: Label,
    /// Password hash as a PHC string.
    pub password_hash: SecretText,
    /// Now.
    pub created_at: Timestamp,
}

row! {
    /// A person as stored.
    User of "users" {
        /// Id.
        id: UserId,
        /// E-mail address, unique.
        email: Email,
        /// Name shown.
        name: Label,
        /// Password hash as a PHC string.
        password_hash: SecretText,
        /// When the password was chosen.
        password_changed_at: Timestamp,
        /// Language chosen.
        language: Option<Language>,
        /// Theme chosen.
        theme: Option<Theme>,
        /// When the person was added.
        created_at: Timestamp,
        /// Since when the person cannot sign in.
        disabled_at: Option<Timestamp>,
        /// Until when secrets are not copied and money is not moved.
        hold_until: Option<Timestamp>,
    }
}

reads! {
    /// The person of this id.
    fn user(id: UserId) -> Option<User> = optional(FIND, id);
    /// The person of this address.
    fn user_by_email(email: &Email) -> Option<User> = optional(BY_EMAIL, email);
}

impl Tx {
    /// Adds a person; [`StoreError::Unique`] when the address is taken.
    pub async fn insert_user(&mut self, user: &NewUser) -> Result<(), StoreError> {
        let NewUser { id, email, name, password_hash, created_at } = user;
        self.conn().one(&INSERT, values![id, email, name, password_hash, created_at]).await
    }

    /// Stores the hash of a new password.
    pub async fn set_password(
        &mut self,
        id: UserId,
        phc: &str,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        self.conn().changed(&SET_PASSWORD, values![id, phc, now]).await
    }

    /// Stores a stronger hash of the same password; false when the password was changed meanwhile.
    pub async fn rehash_password(
        &mut self,
        id: UserId,
        old_phc: &str,
        new_phc: &str,
    ) -> Result<bool, StoreError> {
        self.conn().changed(&REHASH, values![id, old_phc, new_phc]).await
    }

    /// Changes the name shown.
    pub async fn set_user_name(&mut self, id: UserId, name: &Label) -> Result<bool, StoreError> {
        self.conn().changed(&SET_NAME, values![id, name]).await
    }

    /// Stores language and theme.
    pub async fn set_preferences(
        &mut self,
        id: UserId,
        chosen: Preferences,
    ) -> Result<bool, StoreError> {
        self.conn().changed(&SET_PREFERENCES, values![id, chosen.language, chosen.theme]).await
    }

    /// Holds copies of secrets and movements of money back until an instant, or no longer.
    pub async fn set_hold(
        &mut self,
        id: UserId,
        until: Option<Timestamp>,
    ) -> Result<bool, StoreError> {
        self.conn().changed(&SET_HOLD, values![id, until]).await
    }

    /// Shuts a person out, or lets the person in again.
    pub async fn set_user_disabled(
        &mut self,
        id: UserId,
        since: Option<Timestamp>,
    ) -> Result<bool, StoreError> {
        self.conn().changed(&SET_DISABLED, values![id, since]).await
    }
}

alone! {
    /// As [`Tx::rehash_password`], made real at once.
    fn rehash_password(id: UserId, old_phc: &str, new_phc: &str) -> bool;
    /// As [`Tx::set_preferences`], made real at once.
    fn set_preferences(id: UserId, chosen: Preferences) -> bool;
}
