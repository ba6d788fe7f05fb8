import { HubService } from "@carehub/contracts/gen/carehub/capacity/v1/hub_service_pb.ts";
import { OperationsService } from "@carehub/contracts/gen/carehub/operations/v1/operations_service_pb.ts";
import type { Connection } from "./connection.ts";
import { UsageError } from "./usage-error.ts";

const hubPattern = /^hubs\/[a-z0-9-]{1,40}$/;

/** Reads the name of a hub, with or without its collection. */
export function readHubName(text: string | undefined): string | undefined {
  if (text === undefined) return undefined;
  const name = text.includes("/") ? text : `hubs/${text}`;
  if (!hubPattern.test(name)) throw new UsageError(`--hub ${text}: expected hubs/{hub}`);
  return name;
}

/** The hub that the caller names, or else the caller itself. */
export async function hubOf(connection: Connection, named: string | undefined): Promise<string> {
  const name = readHubName(named);
  if (name !== undefined) return name;
  const { caller } = await connection.client(OperationsService, "capacity").whoAmI({});
  const [, id] = /^hub\/(.+)$/.exec(caller) ?? [];
  if (id === undefined) throw new UsageError(`you are ${caller}, no hub: name one with --hub`);
  return `hubs/${id}`;
}

/** The zone of a hub, in which its people read and write times. */
export async function zoneOf(connection: Connection, name: string): Promise<string> {
  const { hub } = await connection.client(HubService).getHub({ name });
  return hub?.zone ?? "UTC";
}
