/*
 * A partner that does what a good client does when the platform goes away: it sends the same request id again until
 * it hears an answer, and writes down what it asked and heard. What it heard nobody else may deny: that is I5.
 */
import { createHash } from "node:crypto";
import { setTimeout as delay } from "node:timers/promises";
import { type DescMethod, type DescService, type Message, toBinary } from "@bufbuild/protobuf";
import { EntitlementService } from "@carehub/contracts/gen/carehub/agreements/v1/entitlement_service_pb.ts";
import { RegistryService } from "@carehub/contracts/gen/carehub/agreements/v1/registry_service_pb.ts";
import { AccountService } from "@carehub/contracts/gen/carehub/billing/v1/account_service_pb.ts";
import { StatementService } from "@carehub/contracts/gen/carehub/billing/v1/statement_service_pb.ts";
import { CourseService } from "@carehub/contracts/gen/carehub/capacity/v1/course_service_pb.ts";
import { HubService } from "@carehub/contracts/gen/carehub/capacity/v1/hub_service_pb.ts";
import { PatientService } from "@carehub/contracts/gen/carehub/intake/v1/patient_service_pb.ts";
import { ReferralService } from "@carehub/contracts/gen/carehub/intake/v1/referral_service_pb.ts";
import { OperationsService } from "@carehub/contracts/gen/carehub/operations/v1/operations_service_pb.ts";
import { CallError } from "@carehub/grpc/call-error";
import type { Partner, ServiceName } from "@carehub/partners/partner";
import type { HistoryLine } from "../invariants/history.ts";
import type { History } from "./history-file.ts";

const retryLimitMs = 90_000;
// A command that a service calls its own fault is asked again for a short while only: it may be one.
const faultLimitMs = 15_000;
const retryGapMs = 200;

/** Answers that leave open whether anything was done. */
const openCodes = new Set(["UNAVAILABLE", "DEADLINE_EXCEEDED", "CANCELLED", "INTERNAL", "UNKNOWN"]);

const clients = {
  referrals: { service: "intake", schema: ReferralService },
  patients: { service: "intake", schema: PatientService },
  courses: { service: "capacity", schema: CourseService },
  hubs: { service: "capacity", schema: HubService },
  registry: { service: "agreements", schema: RegistryService },
  entitlements: { service: "agreements", schema: EntitlementService },
  accounts: { service: "billing", schema: AccountService },
  statements: { service: "billing", schema: StatementService },
} as const satisfies Record<string, { service: ServiceName; schema: DescService }>;

/** How often each partner had to send again, by what it was told. */
export type Retries = Map<string, number>;

/** The partner with patience; `history` gets a line before and after each command. */
export function makePatient(
  partner: Partner,
  { history, retries }: { history: History; retries: Retries },
): Partner {
  const wrap = <Client extends object>(
    client: Client,
    about: { readonly service: ServiceName; readonly schema: DescService },
  ): Client =>
    new Proxy(client, {
      get: (target, name) => {
        const method = about.schema.methods.find(({ localName }) => localName === name);
        const call: unknown = Reflect.get(target, name);
        if (method === undefined || typeof call !== "function") return call;
        const asked = { ...about, method, caller: partner.identity };
        return (request: object, ...rest: unknown[]) =>
          insist(() => call(request, ...rest), { asked, request, history, retries });
      },
    });
  const patient = Object.fromEntries(
    Object.entries(clients).map(([name, about]) => [
      name,
      wrap(partner[name as keyof typeof clients], about),
    ]),
  );
  const operations = new Map(
    [...partner.operations].map(([service, client]) => [
      service,
      wrap(client, { service, schema: OperationsService }),
    ]),
  );
  return { ...partner, ...patient, operations };
}

type Asked = {
  readonly service: ServiceName;
  readonly method: DescMethod;
  readonly caller: string;
};

type Insisting = {
  readonly asked: Asked;
  readonly request: object;
  readonly history: History;
  readonly retries: Retries;
};

async function insist(call: () => Promise<Message>, insisting: Insisting): Promise<Message> {
  const { asked, request, history, retries } = insisting;
  const requestId = "requestId" in request ? String(request.requestId) : undefined;
  const { service, method, caller } = asked;
  const name = `${method.parent.typeName}/${method.name}`;
  const tell = (line: Pick<HistoryLine, "kind" | "name" | "response" | "reason">): void => {
    if (requestId !== undefined)
      history.write({ ...line, requestId, caller, service, method: name });
  };
  for (const startMs = performance.now(); ; await delay(retryGapMs)) {
    tell({ kind: "invoke" });
    try {
      const answer = await call();
      tell({ kind: "ok", response: digestOf(method, answer), ...nameIn(answer) });
      return answer;
    } catch (error) {
      if (!(error instanceof CallError)) throw error;
      const isOpen = openCodes.has(error.code);
      tell({ kind: isOpen ? "unknown" : "refused", reason: error.reason });
      const isFault = error.code === "INTERNAL" && requestId !== undefined;
      const limitMs = isFault ? faultLimitMs : retryLimitMs;
      if (!isOpen || performance.now() - startMs > limitMs) throw error;
      const heard = `${service} ${method.name} ${error.code} ${error.reason}`;
      retries.set(heard, (retries.get(heard) ?? 0) + 1);
    }
  }
}

function digestOf({ output }: DescMethod, answer: Message): string {
  return createHash("sha256").update(toBinary(output, answer)).digest("hex");
}

/** The name of what the answer shows, if it is a thing with events of its own. */
function nameIn(answer: Message): { name?: string } {
  for (const value of Object.values(answer) as unknown[]) {
    if (typeof value !== "object" || value === null || !("name" in value)) continue;
    if (typeof value.name === "string" && value.name.includes("/")) return { name: value.name };
  }
  return {};
}
