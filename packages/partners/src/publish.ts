import type { Examples } from "./examples.ts";
import { command, type Partner } from "./partner.ts";
import { moveClocks } from "./sandbox-clock.ts";

/** Who publishes: the registry's desk, and each hub for itself. */
export type Publishers = {
  readonly registry: Partner;
  /** The partner of a hub by its name, `hubs/umc-heart`. */
  readonly hubNamed: (name: string) => Partner;
};

/** The morning on which every example begins; the examples' dates count from it. */
const startAt = Temporal.Instant.from("2026-01-05T04:00:00Z");

/**
 * Sets the clocks of the empty platform to the start of the examples, then publishes parties, agreements,
 * most general first, and each hub's capacity under its own name.
 */
export async function publishExamples(
  examples: Examples,
  { registry, hubNamed }: Publishers,
  onPublished: (name: string) => void = () => undefined,
): Promise<void> {
  // A clock may go back only while nothing has happened yet.
  await moveClocks(registry, startAt);
  for (const party of examples.parties) {
    await registry.registry.publishParty({ party, ...command("registrar") });
    onPublished(party.name);
  }
  const agreements = examples.agreements.toSorted((one, other) => one.layer - other.layer);
  for (const agreement of agreements) {
    await registry.registry.publishAgreement({ agreement, ...command("registrar") });
    onPublished(agreement.name);
  }
  for (const hub of examples.hubs) {
    await hubNamed(hub.name).hubs.publishHub({ hub, ...command("capacity-planner") });
    onPublished(hub.name);
  }
}
