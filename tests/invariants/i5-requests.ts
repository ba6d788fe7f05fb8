import type { Evidence } from "./evidence.ts";
import type { HistoryLine } from "./history.ts";
import { type Check, type Invariant, type ServiceName, serviceNames } from "./invariant.ts";
import { openCheck } from "./open-check.ts";

/** What was promised to a client happened, and what was refused did not. */
export const accountedRequests: Invariant = {
  id: "I5",
  title: "accounted requests",
  check: async (evidence) => {
    if (evidence.history === undefined) return [];
    const calls = Map.groupBy(evidence.history, nameOf);
    const requests = await readRequests(evidence);
    return [
      checkOutcomes(calls, requests),
      checkRepeats(calls),
      checkNames(evidence, evidence.history),
    ];
  },
};

type Request = { readonly method: string; readonly service: ServiceName };

async function readRequests(evidence: Evidence): Promise<Map<string, Request>> {
  const requests = new Map<string, Request>();
  for (const service of serviceNames) {
    type Row = { caller: string; requestId: string; method: string };
    const rows = await evidence.query<Row>(
      service,
      'select caller, request_id as "requestId", method from log.request',
    );
    for (const { method, ...row } of rows)
      requests.set(nameOf({ service, ...row }), { method, service });
  }
  return requests;
}

function checkOutcomes(
  calls: ReadonlyMap<string, readonly HistoryLine[]>,
  requests: ReadonlyMap<string, Request>,
): Check {
  const check = openCheck("each ok is kept, and no refused one is");
  for (const [name, lines] of calls) {
    check.look();
    const [first] = lines;
    if (first === undefined) continue;
    const kept = requests.get(name);
    const place = { database: first.service, table: "log.request", row: name };
    const has = (kind: HistoryLine["kind"]) => lines.some((line) => line.kind === kind);
    if (has("ok") && kept === undefined)
      check.add({ ...place, found: `${first.method} was answered ok, and nothing is kept of it` });
    if (!has("ok") && has("refused") && kept !== undefined)
      check.add({ ...place, found: `${first.method} was refused, and is kept as done` });
    if (kept !== undefined && kept.method !== first.method)
      check.add({ ...place, found: `is kept as ${kept.method}, asked was ${first.method}` });
  }
  return check.close();
}

function checkRepeats(calls: ReadonlyMap<string, readonly HistoryLine[]>): Check {
  const check = openCheck("each repeat of a request is answered the same");
  for (const [name, lines] of calls) {
    check.look();
    const answers = new Set(lines.flatMap(({ response }) => response ?? []));
    if (answers.size < 2) continue;
    const found = `${answers.size} different answers: ${[...answers].join(", ")}`;
    check.add({ database: lines[0]?.service ?? "", table: "history", row: name, found });
  }
  return check.close();
}

function checkNames({ events }: Evidence, history: readonly HistoryLine[]): Check {
  const check = openCheck("what an ok names is there");
  const known = new Set(
    serviceNames.flatMap((service) => events[service].map(({ aggregate }) => aggregate)),
  );
  for (const line of history) {
    if (line.kind !== "ok" || line.name === undefined) continue;
    check.look();
    const aggregate = line.name.split("/").slice(0, 2).join("/");
    if (known.has(aggregate)) continue;
    const found = `${line.name} was promised, and nothing was ever told of it`;
    check.add({ database: line.service, table: "log.event", row: nameOf(line), found });
  }
  return check.close();
}

type Named = Pick<HistoryLine, "service" | "caller" | "requestId">;

function nameOf({ service, caller, requestId }: Named): string {
  return `${service} ${caller} ${requestId}`;
}
