//! Problems in the reader's words. The enum is closed, so that nothing from a URL is ever shown as text.

use crate::{i18n::tr, ui::time};
use aio_domain::{Field, FieldCode, FieldError, Language, Problem};

/// One sentence that says what happened and how to go on.
pub fn text(l: Language, problem: &Problem) -> String {
    let fixed = match problem {
        Problem::TooManyTries { wait_s } => {
            return tr::problem::too_many_tries(l, &time::wait(l, *wait_s));
        }
        Problem::CodeUsed { wait_s } => return tr::problem::code_used(l, &time::wait(l, *wait_s)),
        Problem::CodeLocked { wait_s } => {
            return tr::problem::code_locked(l, &time::wait(l, *wait_s));
        }
        Problem::OnHold { wait_s } => return tr::problem::on_hold(l, &time::wait(l, *wait_s)),
        Problem::SignedOut => tr::problem::signed_out(l),
        Problem::CodeAwaited => tr::problem::code_awaited(l),
        Problem::EnrolmentRequired => tr::problem::enrolment_required(l),
        Problem::Forbidden => tr::problem::forbidden(l),
        Problem::AddressRefused => tr::problem::address_refused(l),
        Problem::NotFound => tr::problem::not_found(l),
        Problem::Stale => tr::problem::stale(l),
        Problem::BadRequest => tr::problem::bad_request(l),
        Problem::WrongCredentials => tr::problem::wrong_credentials(l),
        Problem::CodeMalformed => tr::problem::code_malformed(l),
        Problem::CodeWrong => tr::problem::code_wrong(l),
        Problem::CodeStopped => tr::problem::code_stopped(l),
        Problem::RecoveryWrong => tr::problem::recovery_wrong(l),
        Problem::SetupLink => tr::problem::setup_link(l),
        Problem::EnrolmentExpired => tr::problem::enrolment_expired(l),
        Problem::CodesNotSaved => tr::problem::codes_not_saved(l),
        Problem::ChangeGone => tr::problem::change_gone(l),
        Problem::NeverShownAgain => tr::problem::never_shown_again(l),
        Problem::CopyLimit => tr::problem::copy_limit(l),
        Problem::LimitReached => tr::problem::limit_reached(l),
        Problem::AlreadyDone => tr::problem::already_done(l),
        Problem::AesKeyMissing => tr::problem::aes_key_missing(l),
        Problem::AllowlistOff => tr::problem::allowlist_off(l),
        Problem::WouldLockOut => tr::problem::would_lock_out(l),
        Problem::Invalid { .. } => tr::problem::invalid(l),
        Problem::Busy => tr::problem::busy(l),
        Problem::Unavailable => tr::problem::unavailable(l),
        Problem::Internal => tr::problem::internal(l),
    };
    fixed.to_owned()
}

/// Whether the problem is about the code, and so is told beside the code field.
pub const fn is_about_code(problem: &Problem) -> bool {
    matches!(
        problem,
        Problem::CodeMalformed
            | Problem::CodeWrong
            | Problem::CodeUsed { .. }
            | Problem::CodeLocked { .. }
            | Problem::CodeStopped
    )
}

/// What a field is called beside its control.
pub const fn field_name(l: Language, field: Field) -> &'static str {
    match field {
        Field::Name => tr::setup::name(l),
        Field::MerchantName => tr::setup::merchant_name(l),
        Field::Email => tr::setup::email(l),
        Field::Password => tr::setup::password(l),
        Field::NewPassword => tr::settings::new_password(l),
        Field::Label => tr::key_form::label(l),
        Field::Scopes => tr::key_form::permissions(l),
        Field::AllowlistMode => tr::key_form::where_from(l),
        Field::Rules => tr::key_form::rules(l),
        Field::Cidr => tr::allowlist::cidr(l),
        Field::BroadOk => tr::allowlist::broad_ok(l),
        Field::ExpiresOn => tr::key_form::expires(l),
        Field::Encryption => tr::key_form::encryption(l),
        Field::Rate => tr::key_form::rate(l),
        Field::CollectionAddress => tr::collection::new_address(l),
        Field::Minimum => tr::collection::minimum(l),
        Field::BatchSize => tr::collection::batch_size(l),
        Field::MaxAge => tr::collection::max_age(l),
        Field::Customer => tr::subaddresses::customer(l),
        Field::Chain => tr::subaddresses::chain(l),
    }
}

/// What is wrong with one field, with the line where the field has many.
pub fn field_text(l: Language, error: FieldError) -> String {
    let text = match (error.field, error.code) {
        (Field::NewPassword | Field::Password, FieldCode::TooShort) => {
            tr::field_error::password_short(l)
        }
        (Field::Password, FieldCode::Wrong) => tr::field_error::password_wrong(l),
        (Field::Scopes, FieldCode::Required) => tr::field_error::scopes_required(l),
        (Field::AllowlistMode, FieldCode::Required) => tr::field_error::mode_required(l),
        (Field::Rules, FieldCode::Duplicate) => tr::field_error::rule_duplicate(l),
        (Field::Label, FieldCode::Duplicate) => tr::field_error::label_duplicate(l),
        (_, FieldCode::Required) => tr::field_error::required(l),
        (_, FieldCode::TooLong) => tr::field_error::too_long(l),
        (_, FieldCode::TooShort) => tr::field_error::too_short(l),
        (_, FieldCode::ForbiddenCharacter) => tr::field_error::forbidden_character(l),
        (_, FieldCode::NotAnEmail) => tr::field_error::not_an_email(l),
        (_, FieldCode::Wrong) => tr::field_error::wrong(l),
        (_, FieldCode::Common) => tr::field_error::common(l),
        (_, FieldCode::Duplicate) => tr::field_error::duplicate(l),
        (_, FieldCode::NotACidr) => tr::field_error::not_a_cidr(l),
        (_, FieldCode::TooMany) => tr::field_error::too_many(l),
        (_, FieldCode::BroadUnconfirmed) => tr::field_error::broad_unconfirmed(l),
        (_, FieldCode::NotADate) => tr::field_error::not_a_date(l),
        (_, FieldCode::InThePast) => tr::field_error::in_the_past(l),
        (_, FieldCode::TooFar) => tr::field_error::too_far(l),
        (_, FieldCode::AnyWithMoney) => tr::field_error::any_with_money(l),
        (_, FieldCode::EmptyList) => tr::field_error::empty_list(l),
        (_, FieldCode::NeedsAesKey) => tr::field_error::needs_aes_key(l),
        (_, FieldCode::NotARate) => tr::field_error::not_a_rate(l),
        (_, FieldCode::NotAnAddress) => tr::field_error::not_an_address(l),
        (_, FieldCode::OwnAddress) => tr::field_error::own_address(l),
        (_, FieldCode::NoOwner) => tr::field_error::no_owner(l),
        (_, FieldCode::NotAnAmount) => tr::field_error::not_an_amount(l),
        (_, FieldCode::OutOfRange) => tr::field_error::out_of_range(l),
    };
    match error.line {
        Some(line) => tr::field_error::on_line(l, &line.to_string(), text),
        None => text.to_owned(),
    }
}

/// What stands under one field of a form, if anything is wrong with it.
pub fn of_field(l: Language, problem: Option<&Problem>, field: Field) -> Option<String> {
    let Some(Problem::Invalid { errors }) = problem else {
        return None;
    };
    let texts: Vec<String> = errors
        .iter()
        .filter(|error| error.field == field)
        .map(|error| field_text(l, *error))
        .collect();
    (!texts.is_empty()).then(|| texts.join(" "))
}

#[cfg(test)]
mod tests {
    use super::{of_field, text};
    use aio_domain::{Field, FieldCode, FieldError, Language, Problem};

    #[test]
    fn a_used_code_names_the_wait() {
        let told = text(Language::En, &Problem::CodeUsed { wait_s: 12 });
        assert!(told.contains("12 seconds"), "{told}");
    }

    #[test]
    fn each_bad_line_is_told_under_its_own_field() {
        let errors = vec![
            FieldError::at(Field::Rules, FieldCode::NotACidr, 2),
            FieldError::of(Field::Label, FieldCode::Required),
        ];
        let problem = Problem::Invalid { errors };
        let rules = of_field(Language::En, Some(&problem), Field::Rules).unwrap_or_default();
        assert!(rules.starts_with("Line 2:"), "{rules}");
        assert!(of_field(Language::En, Some(&problem), Field::Label).is_some());
        assert_eq!(of_field(Language::En, Some(&problem), Field::Email), None);
    }
}
