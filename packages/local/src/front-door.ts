import { spawn } from "node:child_process";
import { closeSync, mkdirSync, openSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { serverNamesBelow } from "./connection-file.ts";
import { getHaproxy, type Haproxy } from "./haproxy.ts";
import { type ServiceName, serviceNames } from "./platform.ts";
import { freePorts } from "./ports.ts";
import { endProcess, isAlive } from "./process-table.ts";
import { checkoutFolder, recordIn } from "./state.ts";

/** A running front door: one port, behind which the server name chooses the service. */
export type FrontDoor = {
  /** host:port for every service. */
  address: string;
  /** The name that a client asks for and verifies, for each service: "intake.carehub.example". */
  serverNames: Record<ServiceName, string>;
  /** The base URL of its own /healthz, /readyz and /metrics. */
  healthUrl: string;
  /** Cuts every connection and ends it; may be repeated. */
  stop(): Promise<void>;
};

/** What stands behind the door. */
export type FrontDoorOptions = {
  /** host:port of the services' gRPC; one that is not given is answered as one that is down. */
  addresses: Readonly<Partial<Record<ServiceName, string>>>;
  /** The folder of an instance that this process claimed; the door ends with the instance. */
  folder: string;
  /** What the names end with: the trust domain of the certificates, "carehub.example" unless told. */
  domain?: string;
  log?: (line: string) => void;
};

/** The configuration, the same for a process here and for the container. */
export const haproxyFile = join(checkoutFolder, "infra", "haproxy", "haproxy.cfg");

/**
 * Starts HAProxy on loopback with TLS passed through, so that a service sees its caller's own
 * certificate. Resolves when it answers; fetches HAProxy where the machine has none.
 */
export async function startFrontDoor(options: FrontDoorOptions): Promise<FrontDoor> {
  const { domain = "carehub.example", log = () => undefined } = options;
  const haproxy = await getHaproxy(log);
  for (let attempt = 1; ; attempt += 1) {
    const started = await launch(haproxy, { ...options, domain });
    if (started !== "port-taken") {
      log(`front door: listening on ${started.address}`);
      return { ...started, serverNames: serverNamesBelow(domain) };
    }
    if (attempt === startAttemptsMax) throw new Error("No free port stayed free for HAProxy.");
  }
}

const startAttemptsMax = 3;
const readyLimitMs = 10_000;
const stopGraceMs = 5_000;
const nowhere = "127.0.0.1:1"; // Nothing listens there without root's leave.
let started = 0;

async function launch(
  haproxy: Haproxy,
  { addresses, folder, domain }: FrontDoorOptions & { domain: string },
): Promise<Omit<FrontDoor, "serverNames"> | "port-taken"> {
  const [port = 0, healthPort = 0] = await freePorts(2);
  started += 1;
  mkdirSync(join(folder, "logs"), { recursive: true });
  const logFile = join(folder, "logs", `front-door-${started}.log`);
  const output = openSync(logFile, "w");
  const child = spawn(haproxy.program, ["-db", "-f", haproxyFile], {
    cwd: "/",
    detached: true,
    stdio: ["ignore", output, output],
    env: {
      ...haproxy.env,
      FRONT_DOOR_BIND: `127.0.0.1:${port}`,
      HEALTH_BIND: `127.0.0.1:${healthPort}`,
      CAREHUB_DOMAIN: domain,
      ...variablesOf(addresses),
    },
  });
  closeSync(output);
  child.unref();
  child.on("error", () => undefined); // No pid then: recording says so.
  const identity = recordIn(folder, { label: "front-door", child, stopSignal: "SIGTERM" });
  const healthUrl = `http://127.0.0.1:${healthPort}`;
  const stop = (): Promise<void> => endProcess(identity, "SIGTERM", stopGraceMs);
  for (const end = Date.now() + readyLimitMs; !(await isAnswering(healthUrl)); await delay(20)) {
    if (isAlive(identity) && Date.now() < end) continue;
    await stop();
    const said = readFileSync(logFile, "utf8");
    if (said.includes("Address already in use")) return "port-taken";
    throw new Error(`HAProxy did not start:\n${said.slice(-2_000)}`);
  }
  return { address: `localhost:${port}`, healthUrl, stop };
}

// HAProxy would ask the network's name servers for localhost, which not all of them know.
function variablesOf(addresses: FrontDoorOptions["addresses"]): Record<string, string> {
  const entries = serviceNames.map((name) => {
    const address = addresses[name]?.replace(/^localhost:/, "127.0.0.1:") ?? nowhere;
    return [`${name.toUpperCase()}_ADDRESS`, address];
  });
  return Object.fromEntries(entries);
}

async function isAnswering(healthUrl: string): Promise<boolean> {
  try {
    return (await fetch(`${healthUrl}/healthz`)).ok;
  } catch {
    return false; // Not listening yet.
  }
}
