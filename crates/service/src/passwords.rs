//! Passwords: what is accepted as one, and hashing on a bounded pool.

use crate::ServiceError;
use aio_domain::{FieldCode, Problem, Random, SecretText, random_array};
use argon2::{
    Algorithm, Argon2, Params, PasswordHasher, PasswordVerifier, Version,
    password_hash::phc::PasswordHash,
};
use std::sync::Arc;
use tokio::sync::Semaphore;

/// Fewest characters of a password while no authenticator is enrolled; it is the longer of the two rules, so
/// that one form fits both.
pub const MIN_LENGTH: usize = 15;
/// Fewest characters once an authenticator is enrolled.
pub const MIN_LENGTH_ENROLLED: usize = 12;
/// Most bytes of a password: longer input is refused before it is hashed.
pub const MAX_BYTES: usize = 1024;

/// argon2id with 19 MiB, two passes, one lane (OWASP's second recommendation).
const MEMORY_KIB: u32 = 19 * 1024;
const PASSES: u32 = 2;

/// Passwords that everybody tries first, lower case, without digits at the end.
const COMMON: &[&str] = &[
    "password",
    "passw0rd",
    "passwort",
    "qwertyuiop",
    "qwerty",
    "asdfghjkl",
    "letmein",
    "iloveyou",
    "welcome",
    "admin",
    "administrator",
    "changeme",
    "correcthorsebatterystaple",
    "abcdefghijklmno",
    "abcdefghijkl",
    "bitcoin",
    "ethereum",
    "cryptocurrency",
    "woaini",
    "mima",
    "trustno",
    "monkey",
    "dragon",
    "football",
    "baseball",
    "sunshine",
    "princess",
    "merchant",
    "dashboard",
    "secret",
    "superman",
    "starwars",
    "master",
];

/// Whether a new password is taken. `words` are the account's own: e-mail, name, merchant.
pub fn check_new(password: &str, min: usize, words: &[&str]) -> Result<(), FieldCode> {
    if password.is_empty() {
        return Err(FieldCode::Required);
    }
    if password.len() > MAX_BYTES {
        return Err(FieldCode::TooLong);
    }
    if password.chars().count() < min {
        return Err(FieldCode::TooShort);
    }
    let folded: String =
        password.to_lowercase().chars().filter(|letter| letter.is_alphanumeric()).collect();
    let own = |word: &&str| word.chars().count() >= 4 && folded.contains(&word.to_lowercase());
    let core = folded.trim_matches(|letter: char| letter.is_ascii_digit());
    let distinct = folded.chars().collect::<std::collections::BTreeSet<_>>().len();
    let repeated = COMMON.iter().any(|word| !core.is_empty() && core.replace(word, "").is_empty());
    if distinct < 5 || core.is_empty() || repeated || words.iter().any(own) {
        return Err(FieldCode::Common);
    }
    Ok(())
}

/// Hashes on blocking threads, as many at a time as there are cores, with a short queue.
pub struct Hasher {
    workers: Arc<Semaphore>,
    places: Arc<Semaphore>,
    /// A hash that no password fits, so that an unknown account costs the same time.
    decoy: String,
}

impl Hasher {
    /// A pool; `queue` callers may wait behind `workers` running ones.
    pub async fn new(
        workers: usize,
        queue: usize,
        random: &dyn Random,
    ) -> Result<Self, ServiceError> {
        let workers = workers.max(1);
        let mut hasher = Self {
            workers: Arc::new(Semaphore::new(workers)),
            places: Arc::new(Semaphore::new(workers + queue)),
            decoy: String::new(),
        };
        let noise: [u8; 16] = random_array(random)?;
        let nobody = hex::encode(noise);
        hasher.decoy = hasher.hash(SecretText::new(nobody), random).await?;
        Ok(hasher)
    }

    /// The PHC string of a new password.
    pub async fn hash(
        &self,
        password: SecretText,
        random: &dyn Random,
    ) -> Result<String, ServiceError> {
        let salt: [u8; 16] = random_array(random)?;
        self.run(move || {
            argon2()
                .and_then(|argon2| {
                    argon2.hash_password_with_salt(password.expose().as_bytes(), &salt).ok()
                })
                .map(|hash| hash.to_string())
        })
        .await?
        .ok_or(ServiceError::Broken("argon2"))
    }

    /// Whether the password fits the stored hash; with no stored hash the decoy is tried, in the same time,
    /// and the answer is no.
    pub async fn verify(
        &self,
        password: SecretText,
        stored: Option<String>,
    ) -> Result<bool, ServiceError> {
        if password.expose().len() > MAX_BYTES {
            return Ok(false);
        }
        let known = stored.is_some();
        let phc = stored.unwrap_or_else(|| self.decoy.clone());
        let fits = self
            .run(move || {
                let hash = PasswordHash::new(&phc).ok()?;
                Some(argon2()?.verify_password(password.expose().as_bytes(), &hash).is_ok())
            })
            .await?
            .ok_or(ServiceError::Broken("stored password hash"))?;
        Ok(fits && known)
    }

    async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, ServiceError> {
        let place = Arc::clone(&self.places).try_acquire_owned().map_err(|_| Problem::Busy)?;
        let worker = Arc::clone(&self.workers).acquire_owned().await.map_err(|_| Problem::Busy)?;
        // The permits travel with the work, so a caller who hangs up does not free a busy core.
        let task = tokio::task::spawn_blocking(move || {
            let out = work();
            drop((place, worker));
            out
        });
        task.await.map_err(|_| ServiceError::Broken("password thread"))
    }
}

fn argon2() -> Option<Argon2<'static>> {
    let params = Params::new(MEMORY_KIB, PASSES, 1, None).ok()?;
    Some(Argon2::new(Algorithm::Argon2id, Version::V0x13, params))
}

/// Whether a stored hash was made with weaker settings than today's.
pub fn needs_rehash(phc: &str) -> bool {
    !phc.starts_with(&format!("$argon2id$v=19$m={MEMORY_KIB},t={PASSES},p=1$"))
}

#[cfg(test)]
mod tests {
    use super::{Hasher, MAX_BYTES, check_new, needs_rehash};
    use crate::OsRandom;
    use aio_domain::{FieldCode, SecretText};

    fn text(password: &str) -> SecretText {
        SecretText::new(password.to_owned())
    }

    #[tokio::test]
    async fn aut_13_hashes_are_argon2id_with_nineteen_mebibytes_and_two_passes() {
        let hasher = Hasher::new(2, 2, &OsRandom).await.unwrap();
        let hash = hasher.hash(text("violet-harbour-93"), &OsRandom).await.unwrap();
        assert!(hash.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{hash}");
        assert!(!needs_rehash(&hash) && needs_rehash("$argon2id$v=19$m=4096,t=2,p=1$x$y"));
    }

    #[tokio::test]
    async fn aut_13_every_byte_of_a_long_or_emoji_password_counts() {
        let hasher = Hasher::new(2, 2, &OsRandom).await.unwrap();
        for password in ["x".repeat(64) + "1", "🛒".repeat(40), " leading and trailing ".into()] {
            let hash = hasher.hash(text(&password), &OsRandom).await.unwrap();
            assert!(hasher.verify(text(&password), Some(hash.clone())).await.unwrap());
            let cut: String = password.chars().take(password.chars().count() - 1).collect();
            assert!(!hasher.verify(text(&cut), Some(hash)).await.unwrap());
        }
    }

    #[tokio::test]
    async fn aut_13_a_password_of_a_mebibyte_is_refused_without_hashing() {
        let hasher = Hasher::new(1, 0, &OsRandom).await.unwrap();
        // Nobody can hash: only an answer without hashing can come.
        hasher.places.close();
        assert!(!hasher.verify(text(&"x".repeat(1 << 20)), None).await.unwrap());
        assert_eq!(check_new(&"x".repeat(MAX_BYTES + 1), 12, &[]), Err(FieldCode::TooLong));
    }

    #[tokio::test]
    async fn aut_16_an_unknown_account_is_refused_after_the_same_work() {
        let hasher = Hasher::new(1, 0, &OsRandom).await.unwrap();
        assert!(!hasher.verify(text("violet-harbour-93"), None).await.unwrap());
        hasher.places.close();
        assert!(hasher.verify(text("violet-harbour-93"), None).await.is_err());
    }

    #[tokio::test]
    async fn aut_15_one_more_than_the_queue_holds_is_told_to_come_back() {
        let hasher = Hasher::new(1, 1, &OsRandom).await.unwrap();
        let held: Vec<_> = (0..2)
            .map(|_| std::sync::Arc::clone(&hasher.places).try_acquire_owned().unwrap())
            .collect();
        let refused = hasher.verify(text("violet-harbour-93"), None).await.unwrap_err();
        assert_eq!(refused.problem(), aio_domain::Problem::Busy);
        drop(held);
        assert!(hasher.verify(text("violet-harbour-93"), None).await.is_ok());
    }

    #[test]
    fn aut_14_short_common_and_own_words_are_refused() {
        let words = ["ann@shop.example", "ann", "Corner Shop"];
        assert_eq!(check_new("", 15, &[]), Err(FieldCode::Required));
        assert_eq!(check_new("violet-harbour", 15, &[]), Err(FieldCode::TooShort));
        for password in [
            "passwordpassword",
            "Password-1234567",
            "111111111111111",
            "123456789012345",
            "abababababababab",
            "qwertyuiop123456",
            "CorrectHorseBatteryStaple",
        ] {
            assert_eq!(check_new(password, 15, &words), Err(FieldCode::Common), "{password}");
        }
        assert_eq!(check_new("my cornershop is good", 15, &["cornershop"]), Err(FieldCode::Common));
        assert_eq!(check_new("violet-harbour-93", 15, &words), Ok(()));
        assert_eq!(check_new("紫色的港口停着九艘小船在等风来", 15, &words), Ok(()));
    }
}
