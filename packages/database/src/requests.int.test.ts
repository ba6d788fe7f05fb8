import { testDatabase } from "@carehub/testing/database";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Database, openDatabase } from "./pool.ts";
import { forgetRequests } from "./requests.ts";

const database = await testDatabase({ migrations: "log" });
let db: Database;

beforeAll(() => {
  db = openDatabase({ url: database.url, applicationName: "requests-test" });
});

afterAll(async () => {
  await db.close();
  await database.drop();
});

test("forgets requests after 30 days, in as many batches as it takes", async () => {
  const sql = `insert into log.request (caller, request_id, method, body_hash, response, created_at)
    select 'hub/1', id, 'M', '', '', now() - make_interval(days => case when id > 2100 then 29 else 31 end)
    from generate_series(1, 2110) as id`;
  await db.run("old", sql);
  expect(await forgetRequests(db)).toBe(2_100);
  expect(await forgetRequests(db)).toBe(0);
});
