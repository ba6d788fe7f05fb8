import type { Examples } from "./examples.ts";
import { command, type Partner } from "./partner.ts";

/** Who publishes: the registry's desk, and each hub for itself. */
export type Publishers = {
  readonly registry: Partner;
  /** The partner of a hub by its name, `hubs/umc-heart`. */
  readonly hubNamed: (name: string) => Partner;
};

/** Publishes parties, then agreements, most general first, then each hub's capacity under its own name. */
export async function publishExamples(
  examples: Examples,
  { registry, hubNamed }: Publishers,
  onPublished: (name: string) => void = () => undefined,
): Promise<void> {
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
