// An empty database for one server: a SQLite file, or a fresh database on the Postgres server of the run.

import { execFile } from "node:child_process";
import { randomBytes } from "node:crypto";
import { join } from "node:path";
import { promisify } from "node:util";

const run = promisify(execFile);

export interface Database {
  url: string;
  drop(): Promise<void>;
}

/** Which of the two engines this run is about. */
export const engine = process.env.AIO_E2E_ENGINE ?? "sqlite";

export async function makeDatabase(folder: string): Promise<Database> {
  if (engine === "sqlite") {
    // Goes with the folder.
    return { url: `sqlite:${join(folder, "aio.db")}`, drop: async () => {} };
  }
  const server = process.env.AIO_TEST_POSTGRES;
  if (engine !== "postgres" || !server) {
    throw new Error("AIO_E2E_ENGINE is sqlite, or postgres with AIO_TEST_POSTGRES (scripts/pg with ...)");
  }
  const name = `aio_e2e_${randomBytes(6).toString("hex")}`;
  await psql(server, `CREATE DATABASE ${name}`);
  const url = new URL(server);
  url.pathname = `/${name}`;
  return { url: url.href, drop: () => psql(server, `DROP DATABASE ${name} WITH (FORCE)`) };
}

async function psql(server: string, statement: string): Promise<void> {
  await run("psql", ["--no-psqlrc", "--quiet", "--set", "ON_ERROR_STOP=1", "--command", statement, server]);
}
