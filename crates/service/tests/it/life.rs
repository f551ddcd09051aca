//! The life of API keys against a model small enough to be right by looking at it: random steps, and after
//! each one the services must say what the model says.

use crate::support::{Person, World, key_input, on_both_engines};
use aio_domain::{
    Action, ApiKeyId, Field, FieldCode, Problem, api_key::ApiKeySecret, random_array,
};

/// What the model knows of one label.
struct Slot {
    id: ApiKeyId,
    secret: String,
    exists: bool,
    frozen: bool,
    aes: Option<i64>,
    last_aes: i64,
}

#[derive(Debug, Clone, Copy)]
enum Step {
    Create,
    Freeze,
    Unfreeze,
    Delete,
    Enable,
    Regenerate,
    Disable,
}
use Step::{Create, Delete, Disable, Enable, Freeze, Regenerate, Unfreeze};

impl Slot {
    /// A key that never was.
    fn empty(world: &World) -> Self {
        let random = world.random.as_ref();
        let id = ApiKeyId::generate(world.now(), random).unwrap();
        let secret = ApiKeySecret::generate(aio_domain::Network::Live, id, random).unwrap();
        let secret = secret.expose().to_owned();
        Self { id, secret, exists: false, frozen: false, aes: None, last_aes: 0 }
    }

    /// Does the step in the model and tells what the services must answer.
    fn expect(&mut self, step: Step) -> Result<(), Problem> {
        match (step, self.exists) {
            (Create, true) => return Err(Problem::field(Field::Label, FieldCode::Duplicate)),
            (Create, false) => {
                (self.exists, self.frozen, self.aes, self.last_aes) = (true, false, None, 0);
            }
            (_, false) => return Err(Problem::NotFound),
            (Freeze, _) if self.frozen => return Err(Problem::AlreadyDone),
            (Unfreeze, _) if !self.frozen => return Err(Problem::AlreadyDone),
            (Freeze | Unfreeze, _) => self.frozen = !self.frozen,
            (Delete, _) => self.exists = false,
            (Enable, _) if self.aes.is_some() => return Err(Problem::AlreadyDone),
            (Regenerate | Disable, _) if self.aes.is_none() => return Err(Problem::AesKeyMissing),
            (Disable, _) => self.aes = None,
            (Enable | Regenerate, _) => {
                self.last_aes += 1;
                self.aes = Some(self.last_aes);
            }
        }
        Ok(())
    }
}

/// Does the step for real.
async fn take(owner: &Person, slot: &mut Slot, label: &str, step: Step) -> Result<(), Problem> {
    let (id, services) = (slot.id, &owner.services);
    let code = owner.next_code();
    let done = match step {
        Create => {
            slot.id = owner.create_key(key_input(label)).await?;
            let shown = owner.reveal(slot.id).await.unwrap();
            shown.secret.unwrap().expose().clone_into(&mut slot.secret);
            Ok(())
        }
        Freeze => services.freeze_key(&owner.permit(Action::KeyFreeze).await, id).await,
        Unfreeze => return owner.unfreeze_key(id, &code).await,
        Delete => return owner.delete_key(id, &code).await,
        Enable => services.enable_aes(&owner.permit(Action::AesEnable).await, id, &code).await,
        Regenerate => return owner.regenerate_aes(id, &code).await,
        Disable => services.disable_aes(&owner.permit(Action::AesDisable).await, id, &code).await,
    };
    done.map_err(|error| error.problem())
}

on_both_engines! {
    async fn key_07_keys_live_as_the_model_says_through_two_hundred_random_steps(world) {
        let owner = world.owner().await;
        let there = owner.at(&world.another_server().await);
        let labels = ["One", "Two", "Three"];
        let mut slots = labels.map(|_| Slot::empty(world));
        for at in 0..200 {
            let [which, what] = random_array(world.random.as_ref()).unwrap();
            let which = usize::from(which) % labels.len();
            let step = [Create, Freeze, Unfreeze, Delete, Enable, Regenerate, Disable, Create];
            let (step, slot) = (step[usize::from(what) % step.len()], &mut slots[which]);
            let person = if what > 127 { &owner } else { &there };
            let answer = take(person, slot, labels[which], step).await;
            assert_eq!(answer, slot.expect(step), "step {at}: {step:?} on {}", labels[which]);
            for (slot, label) in slots.iter().zip(labels) {
                let let_in = there.call(&slot.secret).await.ok();
                let aes = let_in.as_ref().map(|caller| caller.aes_version);
                let expected = (slot.exists && !slot.frozen).then_some(slot.aes);
                assert_eq!(aes, expected, "step {at}: a call with {label}");
            }
        }
        let live = slots.iter().filter(|slot| slot.exists).count();
        let (keys, _) =
            owner.services.list_keys(&owner.permit(Action::KeysList).await).await.unwrap();
        assert_eq!(keys.len(), live);
        assert_eq!(world.services.verify_audit().await.unwrap()[0].broken_at, None);
    }
}
