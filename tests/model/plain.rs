//! The rules of properties and questions, as plainly as they can be written down: maps, and no code of the host's.

use std::collections::BTreeMap;

pub(super) type Record = BTreeMap<String, String>;

/// Properties that a policy without grants may not give by choosing a group.
const PRIVILEGES: [&str; 3] = ["prop_superuser", "prop_deny", "prop_autologin"];

pub(super) struct Model {
    /// Whether the policy selects the group.
    late: bool,
    pub(super) records: BTreeMap<String, Record>,
    pub(super) clock: u64,
    questions: Vec<Question>,
}

struct Question {
    user: String,
    set: Record,
    expires: u64,
    taken: bool,
    /// Another question took its place.
    replaced: bool,
}

impl Model {
    pub(super) fn new(late: bool) -> Self {
        let record = |pairs: &[(&str, &str)]| {
            pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect::<Record>()
        };
        let group = |pairs: &[(&str, &str)]| record(&[&[("type", "group")], pairs].concat());
        let records = [
            ("__DEFAULT__", record(&[("prop_a", "default"), ("def_b", "default")])),
            ("staff", group(&[("prop_a", "staff"), ("group_subnets.0", "10.1.0.0/16")])),
            (
                "chiefs",
                group(&[("cli_c", "chiefs"), ("group_subnets.0", "10.2.0.0/16"), ("group_subnets.1", "10.1.200.0/24")]),
            ),
            ("admins", group(&[("prop_superuser", "true")])),
            ("joe", record(&[("conn_group", "staff")])),
        ];
        let records = records.into_iter().map(|(name, record)| (name.to_owned(), record)).collect();
        Self { late, records, clock: 0, questions: Vec::new() }
    }

    pub(super) fn put(&mut self, name: &str, property: &str, value: &str) {
        self.records.entry(name.to_owned()).or_default().insert(property.to_owned(), value.to_owned());
    }

    pub(super) fn logs_in(&mut self, user: &str, orders: &Record) -> Result<Record, String> {
        self.decides(user, orders, Record::new(), None)
    }

    /// Who was asked this, if it was asked.
    pub(super) fn asker(&self, question: usize) -> Option<&str> {
        self.questions.get(question).map(|question| question.user.as_str())
    }

    pub(super) fn answers(
        &mut self,
        question: usize,
        user: &str,
        response: &str,
        orders: &Record,
    ) -> Result<Record, String> {
        let clock = self.clock;
        let Some(asked) = self.questions.get_mut(question) else { return no("challenge-unknown") };
        if asked.replaced {
            return no("challenge-unknown");
        }
        if asked.user != user {
            return no("challenge-stolen");
        }
        if asked.taken {
            return no("challenge-replayed");
        }
        if clock >= asked.expires {
            return no("challenge-expired");
        }
        asked.taken = true;
        let set = asked.set.clone();
        self.decides(user, orders, set, Some(response))
    }

    /// `set` is what was set before the question that is answered.
    fn decides(
        &mut self,
        user: &str,
        orders: &Record,
        mut set: Record,
        response: Option<&str>,
    ) -> Result<Record, String> {
        if user == "__DEFAULT__" || self.records.get(user).is_some_and(is_group) {
            return no("not-a-user");
        }
        let own = self.records.get(user).cloned();
        let recorded = self.recorded_group(&own);
        if !self.late {
            recorded.clone()?;
        }
        let own_group = recorded.unwrap_or_default();
        if orders.contains_key("FAILS") {
            return no("policy-error");
        }
        if orders.contains_key("DENIES") {
            return no("denied");
        }
        let asks = orders.contains_key("ASKS");
        if asks && response == Some("no") {
            return no("denied");
        }
        let mut handed = if self.late { Record::new() } else { self.inherited(&own, &own_group) };
        handed.extend(set.clone());
        let about = |verb: &str| -> Record {
            orders
                .iter()
                .filter_map(|(order, value)| Some((order.strip_prefix(verb)?.to_owned(), value.clone())))
                .collect()
        };
        set.extend(about("SETS_").into_iter().filter(|(name, value)| handed.get(name) != Some(value)));
        let saves = about("SAVES_");
        if asks && response != Some("yes") {
            self.saves(user, &own, &saves)?;
            for open in self.questions.iter_mut().filter(|open| open.user == user && !open.taken) {
                open.replaced = true;
            }
            let (user, expires) = (user.to_owned(), self.clock + 300);
            self.questions.push(Question { user, set, expires, taken: false, replaced: false });
            return no("challenged");
        }
        let list = self.chosen(&own, &own_group, &set)?;
        if self.late || !set.is_empty() {
            let before = self.inherited(&own, &own_group);
            ensure_no_privilege(&before, &list, &set)?;
        }
        if list.get("prop_deny").is_some_and(|deny| deny == "true") {
            return no("denied-by-property");
        }
        self.saves(user, &own, &saves)?;
        Ok(list)
    }

    /// The group that is on record, by name or by address.
    fn recorded_group(&self, own: &Option<Record>) -> Result<Option<String>, String> {
        let own = own.clone().unwrap_or_default();
        let address = own.get("conn_ip").filter(|address| !address.is_empty());
        match (named_group(&own), address) {
            (Some(group), _) if !self.is_a_group(&group) => no("unknown-group"),
            (Some(group), _) => Ok(Some(group)),
            (None, Some(address)) => self.home_of(number(address).ok_or("invalid-address")?).map(Some),
            (None, None) => Ok(None),
        }
    }

    /// Properties after the policy's choice.
    fn chosen(&self, own: &Option<Record>, own_group: &Option<String>, set: &Record) -> Result<Record, String> {
        let mut wanted = own.clone().unwrap_or_default();
        wanted.extend(set.clone());
        let address = match wanted.get("conn_ip").filter(|address| !address.is_empty()) {
            Some(address) => Some(number(address).ok_or("invalid-address")?),
            None => None,
        };
        let group = match (named_group(&wanted), address) {
            (Some(group), _) if !self.is_a_group(&group) => return no("unknown-group"),
            (Some(group), Some(address)) if self.narrowest(&group, address)?.is_none() => return no("address-outside"),
            (Some(group), _) => Some(group),
            (None, Some(address)) => Some(self.home_of(address)?),
            (None, None) => None,
        };
        let mut list = self.inherited(own, if self.late { &group } else { own_group });
        list.extend(set.clone());
        if let Some(group) = group {
            list.insert("conn_group".to_owned(), group);
        }
        Ok(list)
    }

    /// The user's own properties, over the group's, over everybody's. A group that is gone gives nothing.
    fn inherited(&self, own: &Option<Record>, group: &Option<String>) -> Record {
        let nothing = Record::new();
        let everybody = self.records.get("__DEFAULT__").unwrap_or(&nothing);
        let group =
            group.as_ref().filter(|group| self.is_a_group(group)).map_or(&nothing, |group| &self.records[group]);
        let handed_down = |record: &Record| -> Record {
            let inherits = |name: &str| name.starts_with("prop_") || name.starts_with("cli_");
            record
                .iter()
                .filter(|(name, _)| inherits(name))
                .map(|(name, value)| (name.clone(), value.clone()))
                .collect()
        };
        let mut list = handed_down(everybody);
        if own.is_none() {
            let unrecorded = everybody.iter().filter_map(|(name, value)| Some((name.strip_prefix("def_")?, value)));
            list.extend(unrecorded.map(|(name, value)| (format!("prop_{name}"), value.clone())));
        }
        list.extend(handed_down(group));
        list.extend(own.clone().unwrap_or_default());
        list
    }

    /// The narrowest subnet of a group that holds the address.
    fn narrowest(&self, group: &str, address: u32) -> Result<Option<u32>, String> {
        let mut narrowest = None;
        for (_, subnet) in self.records[group].iter().filter(|(name, _)| name.starts_with("group_subnets.")) {
            let (network, bits) = subnet.split_once('/').unwrap();
            let (network, bits): (u32, u32) = (number(network).unwrap(), bits.parse().unwrap());
            if bits > 32 {
                return no("invalid-subnet");
            }
            if (network ^ address) >> (32 - bits) == 0 {
                narrowest = narrowest.max(Some(bits));
            }
        }
        Ok(narrowest)
    }

    fn home_of(&self, address: u32) -> Result<String, String> {
        let mut best: Option<(u32, Vec<&String>)> = None;
        for group in self.records.keys().filter(|name| self.is_a_group(name)) {
            let Some(bits) = self.narrowest(group, address)? else { continue };
            match &mut best {
                Some((most, groups)) if *most == bits => groups.push(group),
                Some((most, _)) if *most > bits => {}
                _ => best = Some((bits, vec![group])),
            }
        }
        match best {
            None => no("address-outside"),
            Some((_, groups)) if groups.len() > 1 => no("address-ambiguous"),
            Some((_, groups)) => Ok(groups[0].clone()),
        }
    }

    fn saves(&mut self, user: &str, own: &Option<Record>, saves: &Record) -> Result<(), String> {
        let stored = |name: &str| own.as_ref().and_then(|own| own.get(name)).cloned().unwrap_or_default();
        if saves.iter().all(|(name, value)| stored(name) == *value) {
            return Ok(());
        }
        let mut after = own.clone().unwrap_or_default();
        after.extend(saves.clone());
        after.retain(|name, value| !(saves.contains_key(name) && value.is_empty()));
        let counts = |own: &Option<Record>| self.inherited(own, &self.recorded_group(own).unwrap_or_default());
        ensure_no_privilege(&counts(own), &counts(&Some(after.clone())), saves)?;
        self.records.insert(user.to_owned(), after);
        Ok(())
    }

    fn is_a_group(&self, name: &str) -> bool {
        self.records.get(name).is_some_and(is_group)
    }
}

fn is_group(record: &Record) -> bool {
    record.get("type").is_some_and(|kind| kind == "group")
}

fn named_group(record: &Record) -> Option<String> {
    record.get("conn_group").filter(|group| !group.is_empty()).cloned()
}

fn ensure_no_privilege(before: &Record, after: &Record, named: &Record) -> Result<(), String> {
    // What is gone is missed only where it forbids something.
    let harmless = |name: &str| name != "prop_deny" && !after.contains_key(name);
    let changed = |name: &str| before.get(name) != after.get(name) && !named.contains_key(name) && !harmless(name);
    if PRIVILEGES.iter().any(|name| changed(name)) { no("privilege-not-granted") } else { Ok(()) }
}

fn number(address: &str) -> Option<u32> {
    address.parse::<std::net::Ipv4Addr>().ok().map(u32::from)
}

fn no<T>(cause: &str) -> Result<T, String> {
    Err(cause.to_owned())
}
