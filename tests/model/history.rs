//! What may happen to a tenant, at random, from few enough names that things meet.

use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use proptest::sample::select;

use super::plain::Record;

/// One thing that happens.
#[derive(Debug, Clone)]
pub(super) enum Step {
    Login {
        user: String,
        orders: Record,
    },
    /// The last question but so many, answered by the user who was asked or by a thief.
    Answer {
        back: usize,
        thief: Option<String>,
        response: String,
        orders: Record,
    },
    Put {
        name: String,
        property: String,
        value: String,
    },
    Delete {
        name: String,
    },
    Clock {
        seconds: i64,
    },
    Restart,
}

pub(super) fn any_history() -> impl Strategy<Value = Vec<Step>> {
    vec(any_step(), 1..40)
}

fn any_step() -> impl Strategy<Value = Step> {
    let user = || {
        prop_oneof![20 => Just("joe"), 20 => Just("ann"), 1 => Just("staff"), 1 => Just("__DEFAULT__")]
            .prop_map(str::to_owned)
    };
    let response = select(vec!["yes", "yes", "no", "again"]).prop_map(str::to_owned);
    let back = prop_oneof![3 => Just(0), 1 => 1..4_usize];
    prop_oneof![
        6 => (user(), any_orders()).prop_map(|(user, orders)| Step::Login { user, orders }),
        5 => (back, option::weighted(0.1, user()), response, any_orders())
            .prop_map(|(back, thief, response, orders)| Step::Answer { back, thief, response, orders }),
        3 => any_put(),
        1 => any_name().prop_map(|name| Step::Delete { name }),
        1 => prop_oneof![-200..400_i64, Just(299), Just(300)].prop_map(|seconds| Step::Clock { seconds }),
        1 => Just(Step::Restart),
    ]
}

fn any_orders() -> impl Strategy<Value = Record> {
    let group = || select(vec!["staff", "chiefs", "admins", "ghosts", "joe", ""]);
    let address = select(vec!["10.1.0.5", "10.1.200.5", "10.2.0.5", "10.9.0.5", "nowhere", ""]);
    let orders = (
        option::weighted(0.3, group()),
        option::weighted(0.2, address),
        option::weighted(0.3, select(vec!["1", "2"])),
        option::weighted(0.3, select(vec!["1", "2", ""])),
        option::weighted(0.15, group()),
        option::weighted(0.4, Just("Code?")),
        option::weighted(0.05, Just("no")),
        option::weighted(0.05, Just("bug")),
    );
    orders.prop_map(|(group, address, sets, saves, saves_group, asks, denies, fails)| {
        let orders = [
            ("SETS_conn_group", group),
            ("SETS_conn_ip", address),
            ("SETS_prop_a", sets),
            ("SAVES_pvt_x", saves),
            ("SAVES_conn_group", saves_group),
            ("ASKS", asks),
            ("DENIES", denies),
            ("FAILS", fails),
        ];
        let given = orders.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?.to_owned())));
        given.collect()
    })
}

fn any_put() -> impl Strategy<Value = Step> {
    let pairs = select(vec![
        ("conn_group", "staff"),
        ("conn_group", "chiefs"),
        ("conn_group", "admins"),
        ("conn_group", ""),
        ("conn_ip", "10.1.0.9"),
        ("conn_ip", ""),
        ("prop_a", "put"),
        ("prop_deny", "true"),
        ("prop_deny", "false"),
        ("def_b", "put"),
        ("cli_c", "put"),
        ("pvt_d", "put"),
        ("group_subnets.0", "10.1.0.0/16"),
        ("group_subnets.0", "10.1.0.0/33"),
    ]);
    (any_name(), pairs).prop_map(|(name, (property, value))| Step::Put {
        name,
        property: property.to_owned(),
        value: value.to_owned(),
    })
}

fn any_name() -> impl Strategy<Value = String> {
    select(vec!["joe", "ann", "staff", "chiefs", "admins", "__DEFAULT__"]).prop_map(str::to_owned)
}
