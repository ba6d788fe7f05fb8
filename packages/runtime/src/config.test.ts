import { expect, test } from "vitest";
import { z } from "zod";
import { readConfig, serviceEnvironment } from "./config.ts";

const environment = {
  DATABASE_URL: "postgres://intake:secret@localhost:5432/intake",
  KAFKA_BROKERS: "127.0.0.1:9092, 127.0.0.1:9093",
  TLS_CA: "/tls/ca.pem",
  TLS_CERT: "/tls/cert.pem",
  TLS_KEY: "/tls/key.pem",
};

test("reads a service's environment with its defaults and freezes it", () => {
  const config = readConfig(serviceEnvironment, environment);
  expect(config).toMatchObject({
    KAFKA_BROKERS: ["127.0.0.1:9092", "127.0.0.1:9093"],
    GRPC_HOST: "127.0.0.1",
    GRPC_PORT: 0,
    TRUST_DOMAIN: "carehub.example",
    LOG_LEVEL: "info",
  });
  expect(Object.isFrozen(config)).toBe(true);
});

test("names every variable that is missing or wrong in one error", () => {
  const read = () =>
    readConfig(serviceEnvironment, { ...environment, DATABASE_URL: "", GRPC_PORT: "70000" });
  expect(read).toThrow(/DATABASE_URL is missing/);
  expect(read).toThrow(/GRPC_PORT: /);
});

test("never repeats a value in the error", () => {
  const schema = z.object({ IDENTITY_KEY: z.string().regex(/^[0-9a-f]{64}$/) });
  const read = () => readConfig(schema, { IDENTITY_KEY: "hunter2" });
  expect(read).toThrow(/IDENTITY_KEY/);
  expect(read).not.toThrow(/hunter2/);
});

test("reads only the variables of its schema", () => {
  const config = readConfig(z.object({ HOME: z.string() }), { HOME: "/root", OTHER: "x" });
  expect(config).toEqual({ HOME: "/root" });
});
