import { randomUUID } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { connect as connectTcp, createServer, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { create, type MessageInitShape, toBinary } from "@bufbuild/protobuf";
import { CourseEventSchema } from "@carehub/contracts/gen/carehub/capacity/v1/course_events_pb.ts";
import { WatchService } from "@carehub/contracts/gen/carehub/capacity/v1/watch_service_pb.ts";
import { startNumbering } from "@carehub/database/numbering";
import { watchPublished } from "@carehub/database/published-watch";
import { connect } from "@carehub/grpc/connect";
import { type GrpcServer, serve } from "@carehub/grpc/serve";
import { issueCertificates } from "@carehub/local/certificates";
import { must } from "@carehub/rules/fault";
import { createLogger } from "@carehub/runtime/logging";
import type { TestCapacity } from "../capacity.builder.ts";
import { capacityReasons } from "../domain/reasons.ts";
import { implementWatchService } from "./watch-service.ts";

const trustDomain = "carehub.example";

/** The watch API over real mutual TLS behind a line that can be cut, on a database whose events get their numbers. */
export async function serveWatch({ db, deps }: TestCapacity, identities: readonly string[]) {
  const dir = mkdtempSync(join(tmpdir(), "carehub-watch-"));
  const names = [...identities, "service/capacity"];
  const certificates = await issueCertificates({ dir, trustDomain, identities: names });
  const numbering = startNumbering(db);
  const published = await watchPublished(db, { pollMs: 200 });
  const start = (port: number): Promise<GrpcServer> =>
    serve({
      name: "capacity",
      host: "127.0.0.1",
      port,
      tls: certificates.tls("service/capacity"),
      trustDomain,
      services: [implementWatchService({ ...deps, published })],
      reasons: capacityReasons,
      logger: createLogger("capacity", { level: "silent" }),
    });
  let server = await start(0);
  const { port } = server;
  const line = await openLine(port);
  const clients = identities.map((identity) => {
    const tls = certificates.tls(identity);
    return [identity, connect(WatchService, { address: `localhost:${line.port}`, tls })] as const;
  });
  const byIdentity = new Map(clients);
  return {
    as: (identity: string) => must(byIdentity.get(identity), "the identity has a certificate"),
    cut: line.cut,
    restart: async () => {
      await server.close();
      server = await start(port);
    },
    close: async () => {
      for (const [, client] of clients) client.close();
      await server.close();
      line.close();
      await published.close();
      await numbering.close();
      rmSync(dir, { recursive: true });
    },
  };
}

/** A line to a port; `cut` loses every connection on it, with what is under way. */
async function openLine(to: number) {
  const sockets = new Set<Socket>();
  const keep = (socket: Socket): Socket => {
    sockets.add(socket);
    return socket.on("close", () => sockets.delete(socket)).on("error", () => undefined);
  };
  const listener = createServer((near) => {
    const far = keep(connectTcp(to, "127.0.0.1"));
    keep(near).pipe(far).pipe(near);
    near.on("close", () => far.destroy());
    far.on("close", () => near.destroy());
  });
  await new Promise<void>((resolve) => listener.listen(0, "127.0.0.1", resolve));
  const cut = () => {
    for (const socket of sockets) socket.destroy();
  };
  const { port } = listener.address() as { port: number };
  return {
    port,
    cut,
    close: () => {
      cut();
      listener.close();
    },
  };
}

/** A course with a row of its own and no event yet. */
export async function aCourseRow(
  { db }: TestCapacity,
  { hub, sendingParty }: { readonly hub: string; readonly sendingParty: string | null },
): Promise<string> {
  const id = randomUUID();
  await db.run(
    "test-course-row",
    `insert into course (id, hub, lock_key, revision, sending_party, state, round, closed, facts,
       created_at, updated_at)
     values ($1, $2, 1, 0, $3, 'NONE', 1, false, '{"recorded":[]}', app.now(), app.now())`,
    [id, hub, sendingParty],
  );
  return id;
}

type Variant = NonNullable<MessageInitShape<typeof CourseEventSchema>["event"]>;

/**
 * Tells the next event of a course as a commit does: its position is drawn under the row's lock. It keeps the
 * transaction open for the given time first, and may then roll it back.
 */
export async function tellEvent(
  { db }: TestCapacity,
  id: string,
  { event, keepMs = 0, fails = false }: { event: Variant; keepMs?: number; fails?: boolean },
): Promise<void> {
  const client = await db.pool.connect();
  try {
    await client.query("begin");
    const { rows } = await client.query(
      "update course set revision = revision + 1 where id = $1 returning revision, hub",
      [id],
    );
    const { revision, hub } = must(rows[0], "the course has a row");
    const payload = create(CourseEventSchema, {
      ...{ course: `courses/${id}`, hub, event },
      revision: BigInt(revision),
    });
    await client.query(
      `with told as (insert into log.event
         (position, topic, key, aggregate, revision, type, payload, occurred_at)
         values (nextval('log.position'), 'carehub.capacity.courses', $1, $2, $3, 'test', $4, app.now())
         returning position)
       insert into log.pending (position) select position from told`,
      [id, `courses/${id}`, revision, toBinary(CourseEventSchema, payload)],
    );
    if (keepMs > 0) await client.query("select pg_sleep($1)", [keepMs / 1_000]);
    await client.query(fails ? "rollback" : "commit");
  } finally {
    client.release();
  }
}
