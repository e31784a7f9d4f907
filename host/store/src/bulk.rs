//! Many rows by one statement: on a busy host most of what is written together looks alike, and a round trip for each row would
//! cost more than the row.
//!
//! Not for: statements that answer with more than whether their row was new.

use std::collections::HashMap;
use std::fmt::Write as _;

use crate::statement::{Executor, Insert, NewRow, StatementResult};

/// The most rows of one statement. Each number of rows has a text of its own, which a connection prepares once.
pub(crate) const MAX_ROWS: usize = 128;

/// Inserts rows that belong to the same statement. Returns what came of each, in their order.
pub(crate) async fn insert<C: Executor>(
    connection: &mut C,
    insert: &'static Insert,
    rows: &[&NewRow],
) -> sqlx::Result<Vec<StatementResult>> {
    let mut answers = Vec::with_capacity(rows.len());
    for now in rows.chunks(MAX_ROWS) {
        let sql = text(insert, now.len(), C::NUMBERED);
        if insert.returns_key {
            let new = connection.run_rows_for_keys(sql, now).await?;
            answers.extend(winners(new, now));
        } else {
            connection.run_rows(sql, now).await?;
            answers.extend(now.iter().map(|_| StatementResult { rows: 1, number: None }));
        }
    }
    Ok(answers)
}

/// The statement for so many rows.
fn text(insert: &Insert, rows: usize, numbered: bool) -> String {
    let mut sql = format!("{} values ", insert.into);
    for row in 0..rows {
        sql.push_str(if row == 0 { "(" } else { ", (" });
        for column in 0..insert.columns {
            sql.push_str(if column == 0 { "" } else { ", " });
            push_place(&mut sql, row * insert.columns + column + 1, numbered);
        }
        sql.push(')');
    }
    sql.push(' ');
    sql.push_str(insert.on_conflict);
    sql
}

/// A place for a value. SQLite's have no numbers: for a numbered one the names of all others are looked through whenever it is
/// given its value.
pub(crate) fn push_place(sql: &mut String, number: usize, numbered: bool) {
    if numbered {
        let _ = write!(sql, "${number}");
    } else {
        sql.push('?');
    }
}

/// Of several rows with one key, the first is the one that is new.
fn winners<'a>(new: Vec<(String, String)>, rows: &'a [&NewRow]) -> impl Iterator<Item = StatementResult> + 'a {
    let mut new: HashMap<_, u64> = new.into_iter().map(|key| (key, 1)).collect();
    rows.iter().map(move |row| {
        let rows = row.key().and_then(|key| new.remove(&key)).unwrap_or(0);
        StatementResult { rows, number: None }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_has_a_place_for_every_value() {
        const PAIRS: Insert = Insert {
            into: "insert into t (a, b)",
            columns: 2,
            on_conflict: "on conflict do nothing",
            returns_key: false,
        };
        assert_eq!(text(&PAIRS, 2, true), "insert into t (a, b) values ($1, $2), ($3, $4) on conflict do nothing");
        assert_eq!(text(&PAIRS, 2, false), "insert into t (a, b) values (?, ?), (?, ?) on conflict do nothing");
    }

    #[test]
    fn of_two_rows_with_one_key_the_first_is_new() {
        static KEYED: Insert = Insert { into: "", columns: 2, on_conflict: "", returns_key: true };
        let row = |name: &str| NewRow::of(&KEYED).text("acme").text(name);
        let (joe, again, ann) = (row("joe"), row("joe"), row("ann"));
        let new = vec![("acme".to_owned(), "joe".to_owned())];
        let rows: Vec<_> = winners(new, &[&joe, &again, &ann]).map(|answer| answer.rows).collect();
        assert_eq!(rows, [1, 0, 0]);
    }
}
