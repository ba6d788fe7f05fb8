import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Platform, startPlatform } from "@carehub/local/platform";
import { type Backends, openBackends } from "@carehub/local/restart";
import { openCompany } from "@carehub/partners/company";
import { type Examples, identitiesOf, loadExamples } from "@carehub/partners/examples";
import { type Outcome, readOutcomes } from "@carehub/partners/outcome";
import type { Partner } from "@carehub/partners/partner";
import { publishExamples } from "@carehub/partners/publish";
import { type Progress, rehearse } from "@carehub/partners/rehearsal";
import type { Story } from "@carehub/partners/story";
import { checkPlatform, type Report } from "../invariants/check-platform.ts";
import type { Places } from "../invariants/evidence.ts";
import { databaseNames } from "../invariants/invariant.ts";
import { openHistory } from "./history-file.ts";
import { makePatient, type Retries } from "./patient-partner.ts";
import { waitUntilQuiet } from "./sandbox.ts";

const operatorIdentity = "operator/registry";

/** A platform of its own with patient partners, a history of what they asked, and the checker. */
export type FaultStage = {
  readonly platform: Platform;
  readonly backends: Backends;
  readonly examples: Examples;
  readonly operator: Partner;
  readonly partnerOf: (identity: string) => Partner;
  /** What the partners were told when they had to send again, with how often. */
  readonly retries: Retries;
  /** Plays the stories to their ends. */
  readonly play: (stories: readonly Story[], progress?: Watching) => Promise<Outcome[]>;
  /** Resolves when no service has anything left to do at the present time. */
  readonly quiet: () => Promise<void>;
  /** Where the evidence of this platform is. */
  readonly places: Places;
  /** Runs the invariant checker. */
  readonly check: () => Promise<Report>;
  readonly close: () => Promise<void>;
};

type Watching = Progress & { readonly signal?: AbortSignal };

/** How a fault run starts its platform. */
export type FaultOptions = {
  /** Of every service; read anew by every restart, and may be changed in between. */
  readonly env?: Record<string, string>;
  /** Called before anything is asked of the platform. */
  readonly onStarted?: (platform: Platform) => void;
};

/** Starts the platform and publishes the examples; `name` keeps two runs apart. */
export async function setFaultStage(name: string, options: FaultOptions = {}): Promise<FaultStage> {
  const { env = {}, onStarted } = options;
  const examples = await loadExamples(join(import.meta.dirname, "../../examples"));
  const folder = await mkdtemp(join(tmpdir(), "carehub-history-"));
  const history = openHistory(join(folder, "history.jsonl"));
  const platform = await startPlatform({
    instance: `fault-${name}-${process.pid}`,
    identities: [...identitiesOf(examples), operatorIdentity],
    env,
  });
  onStarted?.(platform);
  const company = openCompany({
    addresses: platform.addresses,
    tlsOf: (identity) => platform.certificates.tls(identity),
  });
  const retries: Retries = new Map();
  const partners = new Map<string, Partner>();
  const partnerOf = (identity: string): Partner => {
    const known = partners.get(identity);
    if (known !== undefined) return known;
    const patient = makePatient(company.partnerOf(identity), { history, retries });
    partners.set(identity, patient);
    return patient;
  };
  const operator = partnerOf(operatorIdentity);
  const close = async () => {
    company.close();
    await platform.stop();
    history.close();
    await rm(folder, { recursive: true });
  };
  try {
    const hubNamed = (hub: string) => partnerOf(hub.replace("hubs/", "hub/"));
    await publishExamples(examples, { registry: operator, hubNamed });
  } catch (error) {
    await close();
    throw error;
  }
  const places = placesOf(platform, history.path);
  const quiet = () => waitUntilQuiet(operator);
  return {
    ...{ platform, examples, operator, partnerOf, retries, places, quiet, close },
    backends: openBackends(platform),
    play: async (stories, progress = {}) => {
      const cast = { partnerOf, operator, creditor: partnerOf("ministry/KZ"), zone: "Asia/Almaty" };
      const performances = await rehearse({ stories, ...cast, ...progress });
      return readOutcomes(performances, partnerOf);
    },
    check: async () => {
      await quiet();
      return checkPlatform(places);
    },
  };
}

/** What of a case is not as its file says, short enough to be read in a list. */
export function tellOutcome({ id, expected, actual, differences }: Outcome) {
  return { id, expected, actual, differences };
}

function placesOf(platform: Platform, history: string): Places {
  const urls = databaseNames.map((name) => [name, platform.databaseUrl(name)]);
  return {
    databases: Object.fromEntries(urls) as Places["databases"],
    brokers: platform.brokers.split(","),
    history,
  };
}
