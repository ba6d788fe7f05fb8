import type { HubName, PartyName } from "../domain/names.ts";

/** Who reads, and what ties a resource to them; an operator sees all. */
export type Viewer =
  | { readonly role: "ministry"; readonly party: PartyName }
  | { readonly role: "hub"; readonly hub: HubName }
  | { readonly role: "operator" };
