import { expect, test } from "vitest";
import { createLogger } from "./logging.ts";

function logged(
  write: (logger: ReturnType<typeof createLogger>) => void,
): Record<string, Record<string, unknown>> {
  const lines: string[] = [];
  write(
    createLogger("intake", { level: "info", destination: { write: (line) => lines.push(line) } }),
  );
  expect(lines).toHaveLength(1);
  return JSON.parse(lines[0] ?? "");
}

test("writes one JSON line with service, level, time and message", () => {
  const line = logged((logger) => logger.info({ method: "WhoAmI", durationMs: 3 }, "request"));
  expect(line).toMatchObject({ service: "intake", level: "info", msg: "request", durationMs: 3 });
  expect(line.time).toMatch(/^\d{4}-\d\d-\d\dT/);
});

test("never writes a value of the redaction list, at any depth and in any spelling", () => {
  const line = logged((logger) =>
    logger.info({
      password: "canary",
      patient: { given_name: "canary", nested: [{ "birth-date": "canary" }] },
      DATABASE_URL: "canary",
    }),
  );
  expect(JSON.stringify(line)).not.toContain("canary");
  expect(line.patient?.given_name).toBe("[redacted]");
});

test("never writes out a protobuf message or bytes", () => {
  const message = { $typeName: "carehub.intake.v1.Patient", sex: "canary" };
  const line = logged((logger) => logger.info({ message, raw: Buffer.from("canary") }));
  expect(line.message).toBe("[message carehub.intake.v1.Patient]");
  expect(line.raw).toBe("[redacted]");
});

test("logs an error with its cause, without the values that PostgreSQL repeats", () => {
  const cause = Object.assign(new Error('invalid input syntax for type uuid: "canary"'), {
    code: "22P02",
    detail: "Key (name)=(canary) already exists.",
  });
  const line = logged((logger) =>
    logger.error({ err: new Error("submitting a referral", { cause }) }, "request failed"),
  );
  expect(line.err).toMatchObject({
    type: "Error",
    message: "submitting a referral",
    cause: { code: "22P02", message: "[redacted]" },
  });
  expect(line.err?.stack).toContain("logging.test.ts");
  expect(JSON.stringify(line)).not.toContain("canary");
});

test("writes amounts and instants as text", () => {
  const line = logged((logger) =>
    logger.info({ amountMinor: 12n, at: Temporal.Instant.from("2026-01-05T00:00:00Z") }),
  );
  expect(line).toMatchObject({ amountMinor: "12", at: "2026-01-05T00:00:00Z" });
});
