//! The gate decides as a plain model of its rules does, over random histories of logins, answers, changes, restarts and clocks.

mod history;
mod plain;

use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use tokio::runtime::Runtime;
use vestibule_domain::Decision;
use vestibule_domain::field::Response;
use vestibule_domain::wire::crv1::StateId;
use vestibule_domain::{Properties, Secret};
use vestibule_gate::{Answer, Attempt, Method, Proof, Voucher};

use crate::harness::{Door, Edits as _, Home, Lists as _, at, attempt, cause, scripted, tenant, told};
use history::{Step, any_history};
use plain::{Model, Record};

#[test]
fn on_sqlite() {
    compare(256, || Box::pin(Home::on_sqlite()));
}

#[test]
fn on_postgres() {
    compare(64, || Box::pin(Home::on_postgres()));
}

fn compare(cases: u32, home: impl Fn() -> std::pin::Pin<Box<dyn Future<Output = Home>>>) {
    let runtime = Runtime::new().unwrap();
    let config = Config { cases, max_shrink_iters: 200, failure_persistence: None, ..Config::default() };
    let compared = TestRunner::new(config).run(&(any_history(), any::<bool>()), |(history, late)| {
        runtime.block_on(async {
            let mut both = Both::new(home().await, late).await;
            for step in &history {
                both.take(step).await;
            }
        });
        Ok(())
    });
    compared.unwrap();
}

/// The gate and its model, which have gone through the same.
struct Both {
    door: Door,
    model: Model,
    /// The handles of all questions so far, in order.
    asked: Vec<StateId>,
}

impl Both {
    async fn new(home: Home, late: bool) -> Self {
        let mut door = Door::on(home).guarded_by("told", scripted(if late { "told-late" } else { "told" }));
        door.settings.method = Method::Saml;
        let model = Model::new(late);
        for (name, record) in &model.records {
            let record: Vec<_> = record.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
            door = door.with_record(name, &record).await;
        }
        Self { door, model, asked: Vec::new() }
    }

    async fn take(&mut self, step: &Step) {
        match step {
            Step::Login { user, orders } => {
                let expected = self.model.logs_in(user, orders);
                let proof = Proof::Voucher(Voucher::Saml(Default::default()));
                self.compare(step, told(attempt(user, proof), &borrowed(orders)), expected).await;
            }
            Step::Answer { back, thief, response, orders } => {
                let question = self.asked.len().wrapping_sub(back + 1);
                let handle = self.asked.get(question).cloned();
                let user = thief.clone().or(self.model.asker(question).map(str::to_owned));
                let user = user.unwrap_or_else(|| "joe".to_owned());
                let state_id = handle.unwrap_or_else(|| StateId::parse("made-up").unwrap());
                let expected = self.model.answers(question, &user, response, orders);
                let proof =
                    Proof::Response { state_id, response: Response::new(Secret::new(response.clone())).unwrap() };
                self.compare(step, told(attempt(&user, proof), &borrowed(orders)), expected).await;
            }
            Step::Put { name, property, value } => {
                let mut put = Properties::new();
                put.set(property, value).unwrap();
                self.door.home.store.put_properties(&tenant(), name, &put, None).await.unwrap();
                self.model.put(name, property, value);
            }
            Step::Delete { name } => {
                self.door.home.store.delete_profile(&tenant(), name, None).await.unwrap();
                self.model.records.remove(name);
            }
            Step::Clock { seconds } => self.model.clock = self.model.clock.saturating_add_signed(*seconds),
            Step::Restart => {
                let again = self.door.home.another().await.unwrap();
                std::mem::replace(&mut self.door.home.store, again).close().await;
            }
        }
    }

    async fn compare(&mut self, step: &Step, attempt: Attempt, expected: Result<Record, String>) {
        let answer = self.door.decides_at(&attempt, at(self.model.clock)).await;
        assert_eq!(outcome(&answer), expected, "{step:?} on {:#?}", self.model.records);
        self.asked.extend(answer.state_id);
        let stored = self.door.home.store.all_profiles(&tenant(), "").await.unwrap();
        let stored = stored.into_iter().map(|(name, record)| (name, owned(&record))).collect();
        assert_eq!(self.model.records, stored, "after {step:?}");
    }
}

/// The properties of whoever comes in, or what keeps the user out.
fn outcome(answer: &Answer) -> Result<Record, String> {
    match &answer.decision {
        Decision::Allow { proplist, .. } => Ok(owned(proplist)),
        _ => Err(cause(answer)),
    }
}

fn owned(list: &Properties) -> Record {
    list.iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect()
}

fn borrowed(orders: &Record) -> Vec<(&str, &str)> {
    orders.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect()
}
