//! The database seen by another program: SQL that the product would never send, and everything there is.

use super::World;
use std::{path::Path, process::Command};

const SQLITE: &str = r#"
import sqlite3, sys
how, path, text = sys.argv[1:]
db = sqlite3.connect(path, isolation_level=None, timeout=20)
if how == "run":
    db.executescript(text)
elif how == "ask":
    for row in db.execute(text):
        text = lambda cell: cell.hex() if isinstance(cell, bytes) else str(cell)
        print("|".join("" if cell is None else text(cell) for cell in row))
else:
    print("\n".join(db.iterdump()))
"#;

fn run(command: &mut Command) -> String {
    let out = command.output().unwrap();
    assert!(out.status.success(), "{command:?}: {}", String::from_utf8_lossy(&out.stderr));
    String::from_utf8(out.stdout).unwrap()
}

/// Runs text on a Postgres server.
pub fn psql(url: &str, text: &str) -> String {
    run(Command::new("psql").args([
        "-X",
        "-q",
        "-A",
        "-t",
        "-v",
        "ON_ERROR_STOP=1",
        "-c",
        text,
        url,
    ]))
}

impl World {
    fn sqlite_says(&self, how: &str, text: &str) -> String {
        let path = self.settings.url.trim_start_matches("sqlite:");
        // The system's own interpreter, bare: it starts several times faster than a wrapped one.
        let system = "/usr/bin/python3";
        let python = if Path::new(system).exists() { system } else { "python3" };
        run(Command::new(python).args(["-I", "-S", "-c", SQLITE, how, path, text]))
    }

    /// Changes the database behind the back of the services.
    pub fn sql(&self, text: &str) {
        if self.is_sqlite() {
            self.sqlite_says("run", text);
        } else {
            psql(&self.settings.url, text);
        }
    }

    /// The rows of a question, cells parted by `|`.
    pub fn ask(&self, text: &str) -> Vec<String> {
        let out = if self.is_sqlite() {
            self.sqlite_says("ask", text)
        } else {
            psql(&self.settings.url, text)
        };
        out.lines().map(str::to_owned).collect()
    }

    /// The one number that answers a question.
    pub fn count(&self, text: &str) -> i64 {
        self.ask(text).concat().parse().unwrap()
    }

    /// Every row of every table, as text, bytes as hexadecimal digits.
    pub fn dump(&self) -> String {
        if self.is_sqlite() {
            return self.sqlite_says("dump", "");
        }
        run(Command::new("pg_dump").args(["--data-only", "--inserts", &self.settings.url]))
    }

    /// Whether a text stands in any table, as it is or as bytes.
    pub fn holds(&self, text: &str) -> bool {
        let dump = self.dump().to_lowercase();
        dump.contains(&text.to_lowercase()) || dump.contains(&hex(text.as_bytes()))
    }

    /// Swaps a cell between the two rows of a table that the condition leaves.
    pub fn swap(&self, table: &str, column: &str, id: &str, condition: &str) {
        self.sql(&format!(
            "CREATE TABLE swapped AS
                SELECT {id} AS id, {column} AS cell FROM {table} WHERE {condition};
             UPDATE {table}
                SET {column} = (SELECT s.cell FROM swapped s WHERE s.id <> {table}.{id})
                WHERE {condition};
             DROP TABLE swapped;"
        ));
    }
}

pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |text, byte| text + &format!("{byte:02x}"))
}
