import {
  type Override,
  Override_StateSchema,
} from "@carehub/contracts/gen/carehub/capacity/v1/override_pb.ts";
import { nameOf } from "./describe.ts";
import { lastPart } from "./describe-replan.ts";
import { facts, showDate, table } from "./output.ts";
import { showLocal } from "./times.ts";

/** An override: what it opens for whom, who proposed and approved it, and what to do next. */
export function describeOverride(override: Override, zone: string): string {
  const { proposal, approval, name, etag } = override;
  const state = nameOf(Override_StateSchema, override.state);
  const head = facts([
    ["override", name],
    ["state", state],
    ["opens", opensOf(override, zone)],
    ["course", override.course],
    ["because", override.reason],
    ["expires", showLocal(override.expireTime, zone)],
    ["times", zone],
    ["proposed by", proposal === undefined ? "" : `${proposal.actor} (${proposal.role})`],
    ["approved by", approval === undefined ? "" : `${approval.actor} (${approval.role})`],
    ["used", showLocal(override.useTime, zone)],
    ["etag", etag],
  ]);
  if (state !== "PROPOSED") return head;
  return `${head}\n\nnext, as another person: carehub approve-override ${lastPart(name)} --etag '${etag}'`;
}

/** The caller's overrides, one a row. */
export function overridesTable(overrides: readonly Override[], zone: string): string {
  if (overrides.length === 0) return "no overrides";
  const rows = overrides.map((override) => [
    lastPart(override.name),
    nameOf(Override_StateSchema, override.state),
    opensOf(override, zone),
    lastPart(override.course),
    override.reason,
    showLocal(override.expireTime, zone),
  ]);
  return table(["override", "state", "opens", "case", "because", "expires"], rows);
}

function opensOf({ opens }: Override, zone: string): string {
  if (opens.case === "outsideHours") {
    const { resources, startTime, endTime } = opens.value;
    const span = `${showLocal(startTime, zone)} to ${showLocal(endTime, zone)}`;
    return `${resources.map(lastPart).join(", ")}, ${span}`;
  }
  if (opens.case !== "overbooking") return "";
  const { pool, count, firstDate, lastDate } = opens.value;
  return `${count} more in ${lastPart(pool)}, ${showDate(firstDate)} to ${showDate(lastDate)}`;
}
