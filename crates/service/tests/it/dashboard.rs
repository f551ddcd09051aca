//! The dashboard allowlist: who may open the dashboard at all, and how nobody locks themselves out by mistake.

use crate::support::{PASSWORD, Person, World, on_both_engines, refusal};
use aio_domain::{Action, AuthLevel, EntryId, Field, FieldCode, Problem, Rule, time::MINUTE};
use aio_service::AllowlistPage;

const INSIDE: &str = "203.0.113.7";
const OUTSIDE: &str = "198.51.100.66";

async fn page(person: &Person) -> AllowlistPage {
    let permit = person.permit(Action::AllowlistGet).await;
    person.services.dashboard_allowlist(&permit).await.unwrap()
}

async fn begin_add(
    person: &Person,
    cidr: &str,
    label: &str,
    broad_ok: bool,
) -> Result<Rule, Problem> {
    let permit = person.permit(Action::AllowlistAddBegin).await;
    let begun = person.services.begin_add_entry(&permit, cidr, label, broad_ok).await;
    let change = begun.map_err(|error| error.problem())?;
    let page = person.permit(Action::AllowlistNewPage).await;
    Ok(person.services.pending_entry(&page, Some(change)).await.unwrap().unwrap().plan)
}

async fn add(person: &Person, cidr: &str) -> EntryId {
    let begin = person.permit(Action::AllowlistAddBegin).await;
    let change = person.services.begin_add_entry(&begin, cidr, "", true).await.unwrap();
    let permit = person.permit(Action::AllowlistAdd).await;
    person.services.add_entry(&permit, change, &person.next_code()).await.unwrap()
}

async fn set(
    person: &Person,
    entry: EntryId,
    enabled: bool,
    lockout_ok: bool,
) -> Result<(), Problem> {
    let permit = person.try_permit(Action::AllowlistSet).await?;
    let done =
        person.services.set_entry(&permit, entry, enabled, lockout_ok, &person.next_code()).await;
    done.map_err(|error| error.problem())
}

async fn remove(person: &Person, entry: EntryId, lockout_ok: bool) -> Result<(), Problem> {
    let permit = person.try_permit(Action::AllowlistRemove).await?;
    let done = person.services.remove_entry(&permit, entry, lockout_ok, &person.next_code()).await;
    done.map_err(|error| error.problem())
}

/// An owner inside an allowlist that is on.
async fn owner_inside(world: &World) -> Person {
    let owner = world.owner().await;
    owner.switch_allowlist(true).await.unwrap();
    owner
}

async fn is_refused(person: &Person) -> bool {
    matches!(person.try_session().await, Err(Problem::AddressRefused))
}

on_both_engines! {
    async fn ipa_06_a_running_session_is_asked_for_its_address_at_every_call(world) {
        let owner = world.owner().await;
        let outside = owner.from(OUTSIDE);
        assert!(outside.is_signed_in().await);
        owner.switch_allowlist(true).await.unwrap();
        assert!(is_refused(&outside).await);
        assert!(is_refused(&outside.at(&world.another_server().await)).await);
        assert!(
            owner.is_signed_in().await && owner.from("::ffff:203.0.113.7").is_signed_in().await
        );
        assert!(
            is_refused(&owner.from("2001:db8::1")).await,
            "a list of IPv4 only lets no IPv6 in"
        );
        let entry = add(&owner, "198.51.100.0/24").await;
        assert!(outside.is_signed_in().await);
        set(&owner, entry, false, false).await.unwrap();
        assert!(is_refused(&outside).await, "a disabled entry does not count");
    }

    async fn ipa_06_a_session_at_any_level_is_refused_from_outside(world) {
        let owner = owner_inside(world).await;
        for level in AuthLevel::ALL {
            let cookie = world.session(owner.merchant, owner.user, *level).await;
            let browser = owner.with_cookie(cookie);
            assert!(
                browser.is_signed_in().await && is_refused(&browser.from(OUTSIDE)).await,
                "{level}"
            );
        }
    }

    async fn ipa_06_from_outside_even_the_right_password_is_wrong_and_makes_no_session(world) {
        let owner = owner_inside(world).await;
        let sessions = world.count("SELECT COUNT(*) FROM sessions");
        let outside = owner.from(OUTSIDE);
        assert_eq!(outside.type_password(PASSWORD).await.unwrap_err(), Problem::WrongCredentials);
        assert_eq!(
            (world.count("SELECT COUNT(*) FROM sessions"), world.audited("session.password")),
            (sessions, 0)
        );
        assert!(owner.type_password(PASSWORD).await.is_ok());
        // A password that was compared would have been hashed anew.
        world.sql("UPDATE users SET password_hash = REPLACE(password_hash, 't=2', 't=1')");
        let stored = world.ask("SELECT password_hash FROM users");
        assert!(outside.type_password(PASSWORD).await.is_err());
        assert_eq!(world.ask("SELECT password_hash FROM users"), stored);
    }

    async fn ipa_07_switching_on_lists_the_persons_own_address(world) {
        let owner = owner_inside(world).await;
        let shown = page(&owner).await;
        assert!(shown.on && shown.holds(owner.info.address));
        assert_eq!(
            (shown.entries.len(), shown.entries[0].cidr.to_string()),
            (1, format!("{INSIDE}/32"))
        );
        assert_eq!(owner.switch_allowlist(true).await, Err(Problem::AlreadyDone));
        owner.switch_allowlist(false).await.unwrap();
        owner.switch_allowlist(true).await.unwrap();
        assert_eq!(page(&owner).await.entries.len(), 1, "it is listed already");
        assert_eq!(world.audited("dashboard_allowlist.switched"), 3);
    }

    async fn ipa_07_switching_on_enables_the_own_entry_that_was_disabled(world) {
        let owner = owner_inside(world).await;
        let entry = page(&owner).await.entries[0].id;
        owner.switch_allowlist(false).await.unwrap();
        set(&owner, entry, false, false).await.unwrap();
        owner.switch_allowlist(true).await.unwrap();
        assert!(owner.is_signed_in().await && page(&owner).await.entries[0].enabled);
    }

    async fn ipa_07_the_entry_one_stands_on_goes_only_when_that_is_meant(world) {
        let owner = owner_inside(world).await;
        let own = page(&owner).await.entries[0].id;
        assert_eq!(set(&owner, own, false, false).await, Err(Problem::WouldLockOut));
        assert_eq!(remove(&owner, own, false).await, Err(Problem::WouldLockOut));
        let wide = add(&owner, "203.0.113.0/24").await;
        assert_eq!(remove(&owner, own, false).await, Ok(()), "another entry holds the address");
        assert_eq!(set(&owner, wide, false, false).await, Err(Problem::WouldLockOut));
        assert_eq!(set(&owner, wide, false, true).await, Ok(()));
        assert!(is_refused(&owner).await);
    }

    async fn ipa_07_the_operator_opens_the_door_again_and_it_is_in_the_log(world) {
        let owner = owner_inside(world).await;
        let own = page(&owner).await.entries[0].id;
        remove(&owner, own, true).await.unwrap();
        assert!(is_refused(&owner).await);
        assert_eq!(
            refusal(world.services.disable_dashboard_allowlist("mer_nobody").await),
            Problem::NotFound
        );
        world.services.disable_dashboard_allowlist(&owner.merchant.to_string()).await.unwrap();
        assert!(owner.is_signed_in().await);
        let log = world.ask(
            "SELECT actor_kind, outcome FROM audit_entries
             WHERE action = 'dashboard_allowlist.disabled'",
        );
        assert_eq!(log, ["operator|done"]);
    }

    async fn entries_are_added_only_while_the_switch_is_on(world) {
        let owner = world.owner().await;
        assert_eq!(
            begin_add(&owner, "203.0.113.0/24", "", false).await,
            Err(Problem::AllowlistOff)
        );
        owner.switch_allowlist(true).await.unwrap();
        assert!(begin_add(&owner, "203.0.113.0/24", "", false).await.is_ok());
    }

    async fn ipa_04_an_entry_is_checked_shown_and_refused_like_a_rule(world) {
        let owner = owner_inside(world).await;
        let shown = begin_add(&owner, " 10.1.2.3/8 ", " office ", false).await.unwrap();
        assert_eq!(
            (shown.cidr.to_string(), shown.label.unwrap().as_str()),
            ("10.0.0.0/8".into(), "office")
        );
        for (cidr, label, field, why) in [
            ("", "", Field::Cidr, FieldCode::Required),
            ("10.0.0.0/08", "", Field::Cidr, FieldCode::NotACidr),
            (INSIDE, "", Field::Cidr, FieldCode::Duplicate),
            ("::ffff:203.0.113.7", "", Field::Cidr, FieldCode::Duplicate),
            ("0.0.0.0/0", "", Field::BroadOk, FieldCode::BroadUnconfirmed),
            ("10.0.0.0/8", "a\u{202e}b", Field::Label, FieldCode::ForbiddenCharacter),
        ] {
            assert_eq!(
                begin_add(&owner, cidr, label, false).await,
                Err(Problem::field(field, why)),
                "{cidr:?}"
            );
        }
        assert!(begin_add(&owner, "0.0.0.0/0", "", true).await.is_ok());
    }

    async fn an_entry_added_twice_in_two_tabs_is_added_once(world) {
        let owner = owner_inside(world).await;
        let begin = owner.permit(Action::AllowlistAddBegin).await;
        let one = owner.services.begin_add_entry(&begin, "10.0.0.0/8", "", false).await.unwrap();
        let two = owner.services.begin_add_entry(&begin, "10.0.0.0/8", "", false).await.unwrap();
        let permit = owner.permit(Action::AllowlistAdd).await;
        owner.services.add_entry(&permit, one, &owner.next_code()).await.unwrap();
        let again = refusal(owner.services.add_entry(&permit, two, &owner.next_code()).await);
        assert_eq!(again, Problem::field(Field::Cidr, FieldCode::Duplicate));
    }

    async fn an_entry_tells_when_somebody_last_came_from_there(world) {
        let owner = owner_inside(world).await;
        world.clock.advance(5 * MINUTE);
        assert!(owner.is_signed_in().await);
        assert_eq!(page(&owner).await.entries[0].last_seen_at, Some(world.now()));
    }

    async fn ipa_05_an_entry_that_cannot_be_read_opens_nothing(world) {
        let owner = owner_inside(world).await;
        world.sql("UPDATE dashboard_allowlist_entries SET cidr = 'anything'");
        for from in [INSIDE, OUTSIDE] {
            assert_eq!(owner.from(from).try_session().await.map(|_| ()), Err(Problem::Internal));
        }
        world.sql("DELETE FROM dashboard_allowlist_entries");
        assert!(is_refused(&owner).await, "an empty list lets nobody in");
    }
}
