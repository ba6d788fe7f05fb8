import type { Caller } from "@carehub/rules/caller";
import { type Branded, invalidField, parseName, type Uuid } from "@carehub/rules/ids";

/** `hubs/{hub}`. */
export type HubName = Branded<"HubName">;

const hubPattern = /^hubs\/[a-z0-9-]{1,40}$/;
const templatePattern = /^(hubs\/[a-z0-9-]{1,40})\/templates\/([a-z0-9-]{1,40})$/;

/** Reads a hub's name; any other text fails with INVALID_FIELD naming the field. */
export function parseHubName(text: string, field: string): HubName {
  if (!hubPattern.test(text)) throw invalidField(field, "is not of the form hubs/{hub}");
  return text as HubName;
}

/** The hub that a caller stands for; undefined for every other role. */
export function hubOfCaller(caller: Caller): HubName | undefined {
  return caller.role === "hub" ? parseHubName(`hubs/${caller.id}`, "caller") : undefined;
}

/** The party that a ministry acts for; undefined for every other role. */
export function partyOfCaller(caller: Caller): string | undefined {
  return caller.role === "ministry" ? `parties/${caller.id}` : undefined;
}

/** Splits `hubs/{hub}/templates/{template}`; undefined for any other text. */
export function splitTemplateName(
  name: string,
): { readonly hub: HubName; readonly id: string } | undefined {
  const [, hub, id] = templatePattern.exec(name) ?? [];
  return hub === undefined || id === undefined ? undefined : { hub: hub as HubName, id };
}

/** `hubs/{hub}/resources/{resource}`. */
export function resourceName(hub: HubName, id: string): string {
  return `${hub}/resources/${id}`;
}

/** `hubs/{hub}/pools/{pool}`. */
export function poolName(hub: HubName, id: string): string {
  return `${hub}/pools/${id}`;
}

/** `courses/{uuid}`, the aggregate's full name. */
export function courseName(id: Uuid): string {
  return `courses/${id}`;
}

/** Reads the uuid of `courses/{uuid}`; any other text fails with INVALID_FIELD. */
export function parseCourseName(name: string): Uuid {
  return parseName(name, "courses", "name");
}
