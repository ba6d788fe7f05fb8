import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseEnv } from "node:util";
import { Client } from "pg";
import { afterAll, expect, test } from "vitest";
import { makeDatabases } from "./installation-databases.ts";
import { makeSecrets } from "./installation-secrets.ts";
import { serviceNames } from "./platform.ts";
import { startPostgres } from "./postgres.ts";
import { claimInstance } from "./state.ts";

const root = mkdtempSync(join(tmpdir(), "carehub-installation-"));
afterAll(() => rmSync(root, { recursive: true }));

const installation = {
  trustDomain: "carehub.example",
  partners: ["ministry/UZ"],
  door: "localhost:8443",
};
await makeSecrets({ root }, installation);

test("gives each service its own secrets only, and keeps them when it runs again", async () => {
  const before = readAll();
  await makeSecrets({ root }, installation);
  expect(readAll()).toEqual(before);
  for (const name of serviceNames) {
    expect(readdirSync(join(root, name)).sort()).toEqual([
      "ca.pem",
      "secrets.env",
      "tls.key",
      "tls.pem",
    ]);
    expect(statSync(join(root, name, "tls.key")).mode & 0o077).toBe(0);
    expect(statSync(join(root, name, "secrets.env")).mode & 0o077).toBe(0);
  }
  expect(new Set(serviceNames.map((name) => new URL(urlOf(name)).password)).size).toBe(4);
});

test("writes a connection file beside each partner's certificate", () => {
  const file = join(root, "authority", "ministry-UZ.json");
  expect(JSON.parse(readFileSync(file, "utf8"))).toMatchObject({
    addresses: { billing: "localhost:8443" },
    serverNames: { billing: "billing.carehub.example" },
    cert: "ministry-UZ.pem",
  });
});

test.skipIf(process.env.DATABASE_URL)(
  "lets a service into its own databases and into no other's (makes roles, so only on a server of its own)",
  async () => {
    const instance = await claimInstance(`installation-${process.pid}`);
    const postgres = await startPostgres({ instance });
    const admin = postgres.url("postgres");
    try {
      await makeDatabases({ root }, admin);
      await makeDatabases({ root }, admin);
      for (const name of serviceNames) {
        const own = at(urlOf(name), admin);
        await run(own, "create extension btree_gist; create table note (id int)");
        const other = new URL(own);
        other.pathname = name === "capacity" ? "/intake_keys" : "/capacity";
        await expect(run(other.href, "select 1")).rejects.toThrow("permission denied for database");
      }
    } finally {
      await instance.release();
    }
  },
);

function urlOf(name: string): string {
  const { DATABASE_URL = "" } = parseEnv(readFileSync(join(root, name, "secrets.env"), "utf8"));
  return DATABASE_URL;
}

/** The same address on the server that the test started. */
function at(url: string, server: string): string {
  const moved = new URL(url);
  moved.host = new URL(server).host;
  return moved.href;
}

async function run(url: string, sql: string): Promise<void> {
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    await client.query(sql);
  } finally {
    await client.end();
  }
}

function readAll(): Record<string, string> {
  const files = readdirSync(root, { recursive: true, withFileTypes: true });
  const paths = files
    .filter((file) => file.isFile())
    .map((file) => join(file.parentPath, file.name));
  return Object.fromEntries(paths.map((path) => [path, readFileSync(path, "utf8")]));
}
