import { connect as connectTcp } from "node:net";
import { type ConnectionOptions, connect as connectTls } from "node:tls";
import { OperationsService } from "@carehub/contracts/gen/carehub/operations/v1/operations_service_pb.ts";
import { connect } from "@carehub/grpc/connect";
import { implementOperations } from "@carehub/grpc/operations";
import { serve } from "@carehub/grpc/serve";
import { issueCertificates } from "@carehub/local/certificates";
import { startFrontDoor } from "@carehub/local/front-door";
import { serviceNames } from "@carehub/local/platform";
import { freePorts } from "@carehub/local/ports";
import { claimInstance } from "@carehub/local/state";
import { createLogger } from "@carehub/runtime/logging";
import { until } from "@carehub/testing/wait";
import { afterAll, expect, test } from "vitest";

const trustDomain = "carehub.example";
const instance = await claimInstance(`front-door-${process.pid}`);
const certificates = await issueCertificates({
  dir: `${instance.folder}/certificates`,
  trustDomain,
  identities: [...serviceNames.map((name) => `service/${name}`), "ministry/UZ", "operator/desk"],
});
const [intake, billing] = [await startOperated("intake"), await startOperated("billing")];
const [capacityPort = 0] = await freePorts(1);
const door = await startFrontDoor({
  addresses: {
    intake: `localhost:${intake.port}`,
    billing: `localhost:${billing.port}`,
    capacity: `localhost:${capacityPort}`,
  },
  folder: instance.folder,
});
const servers = [intake, billing];
afterAll(async () => {
  // First the door: a client's late attempt to connect through it would hold up a closing server.
  await door.stop();
  await Promise.all(servers.map((server) => server.close()));
  await instance.release();
});

test("shows a service its caller's own certificate, as a direct call does", async () => {
  for (const identity of ["ministry/UZ", "operator/desk"]) {
    const direct = await whoAmI({ address: `localhost:${intake.port}`, identity });
    const passed = await whoAmI({
      ...{ address: door.address, identity },
      serverName: door.serverNames.intake,
    });
    expect(passed).toEqual(direct);
    expect(passed).toMatchObject({ caller: identity, service: "intake" });
  }
});

test("leads to the service whose name is asked for, in any case of letters", async () => {
  const call = { address: door.address, identity: "ministry/UZ" };
  const seen = await whoAmI({ ...call, serverName: door.serverNames.billing });
  expect(seen.service).toBe("billing");
  expect(await handshake({ servername: "INTAKE.carehub.example" })).toContain(
    "DNS:intake.carehub.example",
  );
});

test.each(["nobody.carehub.example", "intake.carehub.example.org", "localhost", ""])(
  "closes a connection that asks for the name '%s'",
  async (servername) => {
    await expect(handshake({ servername })).rejects.toThrow(/ECONNRESET|disconnected/);
  },
);

test("closes a connection without TLS, and does not wait for what it might become", async () => {
  const { hostname, port } = new URL(`tcp://${door.address}`);
  const socket = connectTcp({ host: hostname, port: Number(port) });
  const ended = Promise.withResolvers<string>();
  socket.on("error", ({ message }) => ended.resolve(message));
  socket.on("close", () => ended.resolve("closed"));
  const startedAt = performance.now();
  socket.write("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");
  await ended.promise;
  expect(performance.now() - startedAt).toBeLessThan(4_000);
});

test("fails a call to a service that is down, and carries it once the service is back", async () => {
  const call = { address: door.address, identity: "ministry/UZ" };
  const toCapacity = () => whoAmI({ ...call, serverName: door.serverNames.capacity });
  await expect(toCapacity()).rejects.toMatchObject({ code: "UNAVAILABLE" });
  await until(async () => (await stateOf("capacity")) === "DOWN", {
    what: "capacity marked down",
    limitMs: 5_000,
  });
  expect((await fetch(`${door.healthUrl}/readyz`)).status).toBe(200);
  servers.push(await startOperated("capacity", capacityPort));
  const back = await until(toCapacity, { what: "capacity to answer", limitMs: 15_000 });
  expect(back.service).toBe("capacity");
});

type Calling = { address: string; identity: string; serverName?: string };

async function whoAmI({ identity, ...where }: Calling) {
  const client = connect(OperationsService, {
    ...where,
    tls: certificates.tls(identity),
    attemptsMax: 1,
  });
  try {
    const { caller, spiffeId, service } = await client.whoAmI({});
    return { caller, spiffeId, service };
  } finally {
    client.close();
  }
}

/** The names in the certificate that answers. */
function handshake(options: ConnectionOptions): Promise<string | undefined> {
  const port = Number(new URL(`tcp://${door.address}`).port);
  const own = certificates.tls("ministry/UZ");
  return new Promise((resolve, reject) => {
    const socket = connectTls({ host: "localhost", port, ...own, ...options }, () => {
      resolve(socket.getPeerCertificate().subjectaltname);
      socket.destroy();
    });
    socket.once("error", reject);
  });
}

/** What HAProxy's own metrics say of a service. */
async function stateOf(name: string): Promise<string | undefined> {
  const text = await (await fetch(`${door.healthUrl}/metrics`)).text();
  const line = new RegExp(`^haproxy_server_status{proxy="${name}".*state="(\\w+)"} 1$`, "m");
  return line.exec(text)?.[1];
}

function startOperated(name: string, port = 0) {
  return serve({
    ...{ name, host: "127.0.0.1", port, trustDomain, reasons: {} },
    tls: certificates.tls(`service/${name}`),
    services: [
      implementOperations({
        name,
        moveClock: async (to) => to,
        getQuiescence: async () => ({}),
        listDeadLetters: async () => ({}),
        replayDeadLetters: async () => ({}),
      }),
    ],
    logger: createLogger(name, { level: "silent" }),
  });
}
