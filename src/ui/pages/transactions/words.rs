//! Statuses in words and colours, and addresses as people can compare them.

use crate::{i18n::tr, ui::parts::Tone};
use aio_domain::{DepositStatus, Language, OutgoingStatus};

/// A status in one word.
pub const fn status_words(l: Language, status: DepositStatus) -> &'static str {
    match status {
        DepositStatus::Detected => tr::transactions::s_detected(l),
        DepositStatus::Confirming => tr::transactions::s_confirming(l),
        DepositStatus::Confirmed => tr::transactions::s_confirmed(l),
        DepositStatus::Collected => tr::transactions::s_collected(l),
        DepositStatus::Orphaned => tr::transactions::s_orphaned(l),
        DepositStatus::Replaced => tr::transactions::s_replaced(l),
        DepositStatus::Dropped => tr::transactions::s_dropped(l),
        DepositStatus::Reversed => tr::transactions::s_reversed(l),
    }
}

/// What a status means, in a sentence.
pub const fn status_sentence(l: Language, status: DepositStatus) -> &'static str {
    match status {
        DepositStatus::Detected => tr::transactions::e_detected(l),
        DepositStatus::Confirming => tr::transactions::e_confirming(l),
        DepositStatus::Confirmed => tr::transactions::e_confirmed(l),
        DepositStatus::Collected => tr::transactions::e_collected(l),
        DepositStatus::Orphaned => tr::transactions::e_orphaned(l),
        DepositStatus::Replaced => tr::transactions::e_replaced(l),
        DepositStatus::Dropped => tr::transactions::e_dropped(l),
        DepositStatus::Reversed => tr::transactions::e_reversed(l),
    }
}

/// The colour of a status.
pub const fn tone(status: DepositStatus) -> Tone {
    match status {
        DepositStatus::Detected => Tone::Info,
        DepositStatus::Confirming | DepositStatus::Orphaned => Tone::Warn,
        DepositStatus::Confirmed | DepositStatus::Collected => Tone::Ok,
        DepositStatus::Replaced | DepositStatus::Dropped => Tone::Plain,
        DepositStatus::Reversed => Tone::Bad,
    }
}

/// Eight characters of each end: enough to recognise, never to compare. Whatever is copied is whole.
pub fn ends(text: &str) -> String {
    const KEPT: usize = 8;
    let characters: Vec<char> = text.chars().collect();
    if characters.len() <= 2 * KEPT + 1 {
        return text.to_owned();
    }
    let (first, last) =
        (characters.iter().take(KEPT), characters.iter().skip(characters.len() - KEPT));
    first.chain(['…'].iter()).chain(last).collect()
}

/// The whole address in groups of four, as people compare it.
pub fn address_in_groups(address: &str) -> Vec<String> {
    let characters: Vec<char> = address.chars().collect();
    characters.chunks(4).map(|group| group.iter().collect()).collect()
}

/// The status of a movement to the collection address, in one word.
pub const fn movement_words(l: Language, status: OutgoingStatus) -> &'static str {
    match status {
        OutgoingStatus::Requested => tr::collection::s_requested(l),
        OutgoingStatus::Signed => tr::collection::s_signed(l),
        OutgoingStatus::Broadcast => tr::collection::s_broadcast(l),
        OutgoingStatus::Mined => tr::collection::s_mined(l),
        OutgoingStatus::Final => tr::collection::s_final(l),
        OutgoingStatus::Failed => tr::collection::s_failed(l),
        OutgoingStatus::Overtaken => tr::collection::s_overtaken(l),
    }
}

#[cfg(test)]
mod tests {
    use super::{address_in_groups, ends};

    #[test]
    fn a_long_text_shows_its_ends_and_a_short_one_itself() {
        assert_eq!(ends("bcrt1qw508d6qejxtdg4y5r3zarvary0c5xw7kygt080"), "bcrt1qw5…7kygt080");
        assert_eq!(ends("12345678901234567"), "12345678901234567");
        assert_eq!(ends("客户"), "客户");
    }

    #[test]
    fn groups_of_four_are_the_whole_address() {
        let address = "0x9858EfFD232B4033E47d90003D41EC34EcaEda94";
        let groups = address_in_groups(address);
        assert_eq!((groups.concat().as_str(), groups[0].as_str()), (address, "0x98"));
        assert!(groups.iter().rev().skip(1).all(|group| group.len() == 4));
    }
}
