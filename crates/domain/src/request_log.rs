//! The log of the merchant API's requests, as a merchant reads it.

use crate::preferences::named_enum;

named_enum!(
    /// How a request ended, as its status tells.
    RequestOutcome {
        /// It was done.
        Ok => "ok",
        /// The caller was told no: a status of the four hundreds.
        Refused => "refused",
        /// We could not do it: a status of the five hundreds.
        Failed => "failed",
    }
);

impl RequestOutcome {
    /// What a status tells.
    pub const fn of(status: u16) -> Self {
        match status {
            ..400 => Self::Ok,
            400..500 => Self::Refused,
            500.. => Self::Failed,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::RequestOutcome;

    #[test]
    fn a_status_tells_how_a_request_ended() {
        let of = [200, 304, 399, 400, 499, 500, 503].map(RequestOutcome::of);
        let expected = ["ok", "ok", "ok", "refused", "refused", "failed", "failed"];
        assert_eq!(of.map(RequestOutcome::as_str), expected);
    }
}
