import { Client, credentials, Metadata } from "@grpc/grpc-js";
import { expect, test } from "vitest";
import type { CertificateFacts } from "./authority.ts";
import { createAuthority } from "./authority.ts";
import { bareService } from "./bare-service.ts";
import { authority, clientOf, identityOf, startServer } from "./harness.ts";

const clock = {
  time: { seconds: 1_767_571_200n },
  requestId: "0198c5f2-7a0e-7c3e-9d44-0a1b2c3d4e5f",
  actor: { reference: "op-7", role: "operator" },
};

test.each(["ministry/UZ", "hub/astana-proton", "operator/registry", "service/capacity"])(
  "tells %s who it is",
  async (name) => {
    const { address } = await startServer();
    const client = clientOf(address, await identityOf(name));
    expect(await client.whoAmI({})).toMatchObject({
      caller: name,
      spiffeId: `spiffe://carehub.example/${name}`,
      service: "intake",
    });
  },
);

test.each([
  ["operator/registry", undefined],
  ["ministry/UZ", "PERMISSION_DENIED"],
  ["hub/astana-proton", "PERMISSION_DENIED"],
  ["service/capacity", "PERMISSION_DENIED"],
])("lets %s move the clock, or not: %s", async (name, code) => {
  const { address } = await startServer();
  const call = clientOf(address, await identityOf(name)).moveClock(clock);
  if (code === undefined) await expect(call).resolves.toMatchObject({ time: clock.time });
  else await expect(call).rejects.toMatchObject({ code, reason: "ROLE_NOT_ALLOWED" });
});

test.each<[string, CertificateFacts, string]>([
  ["no URI", {}, "NO_URI"],
  [
    "two URIs",
    { uris: ["spiffe://carehub.example/hub/a", "spiffe://carehub.example/operator/desk"] },
    "SEVERAL_URIS",
  ],
  ["an unknown role", { uris: ["spiffe://carehub.example/admin/a"] }, "UNKNOWN_ROLE"],
  ["another trust domain", { uris: ["spiffe://evil.example/hub/a"] }, "FOREIGN_TRUST_DOMAIN"],
])("knows no caller from a certificate with %s", async (_what, facts, found) => {
  const { address, lines } = await startServer();
  const client = clientOf(address, await authority.issue(facts));
  const expected = { code: "UNAUTHENTICATED", reason: "CALLER_UNKNOWN", metadata: { found } };
  await expect(client.whoAmI({})).rejects.toMatchObject(expected);
  await expect(client.whoAmI({})).rejects.toMatchObject(expected);
  expect(lines).toHaveLength(2);
});

test("refuses an expired certificate, and a foreign one, at the handshake", async () => {
  const { address, lines } = await startServer();
  const uris = ["spiffe://carehub.example/operator/desk"];
  const foreign = await (await createAuthority()).issue({ uris });
  const expired = await authority.issue({ uris, expiresInMs: -1_000 });
  for (const tls of [{ ...foreign, ca: authority.ca }, expired]) {
    await expect(clientOf(address, tls).whoAmI({})).rejects.toMatchObject({ code: "UNAVAILABLE" });
  }
  expect(lines).toEqual([]);
});

test("refuses a caller whose certificate expires while it is connected", async () => {
  const { address } = await startServer();
  const uris = ["spiffe://carehub.example/operator/desk"];
  const client = clientOf(address, await authority.issue({ uris, expiresInMs: 2_000 }));
  expect(await client.whoAmI({})).toMatchObject({ caller: "operator/desk" });
  const refused = () => client.whoAmI({}).then(String, (error) => error.metadata.found);
  await expect.poll(refused, { timeout: 5_000 }).toBe("EXPIRED");
});

test("refuses plaintext and a client without a certificate", async () => {
  const { address, lines } = await startServer();
  const noCertificate = credentials.createSsl(Buffer.from(authority.ca));
  const name = { "grpc.ssl_target_name_override": "localhost" };
  for (const client of [
    new Client(address, credentials.createInsecure()),
    new Client(address, noCertificate, name),
  ]) {
    expect(await rawCode(client)).toBe(14);
    client.close();
  }
  expect(lines).toEqual([]);
});

test("does not start with a method that has no rule of access or no handler", async () => {
  const service = bareService();
  const start = (handlers: Record<string, () => object>) =>
    startServer({ services: [{ service, handlers }] });
  await expect(start({ ask: () => ({}) })).rejects.toThrow(/BareService\/Ask says who may call it/);
  await expect(start({})).rejects.toThrow(/BareService\/Ask has a handler/);
});

test("a client refuses a server whose certificate is for another host", async () => {
  const tls = await authority.issue({
    uris: ["spiffe://carehub.example/service/intake"],
    dnsNames: ["elsewhere.example"],
  });
  const { address } = await startServer({ tls });
  const client = clientOf(address, await identityOf("operator/desk"));
  await expect(client.whoAmI({})).rejects.toMatchObject({ code: "UNAVAILABLE" });
});

function rawCode(client: Client): Promise<number | undefined> {
  return new Promise((resolve) => {
    client.makeUnaryRequest(
      "/carehub.operations.v1.OperationsService/WhoAmI",
      (bytes: Buffer) => bytes,
      (bytes: Buffer) => bytes,
      Buffer.alloc(0),
      new Metadata(),
      { deadline: Date.now() + 5_000 },
      (error) => resolve(error?.code),
    );
  });
}
