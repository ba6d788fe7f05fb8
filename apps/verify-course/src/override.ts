import type { Override } from "@carehub/contracts/gen/carehub/capacity/v1/override_pb.ts";
import { Override_State } from "@carehub/contracts/gen/carehub/capacity/v1/override_pb.ts";
import type { Certificate, Use } from "./certificate.ts";
import type { Span } from "./clock.ts";
import { isWithin, toDate } from "./hub.ts";
import { unless, type Violation } from "./violation.ts";

const secondsOfMinute = 60;

/** The name of the override that a certificate says it needs; undefined where it needs none. */
export function overrideNamed({ override }: Certificate): string | undefined {
  const name = override?.name;
  return typeof name === "string" ? name : undefined;
}

/** The override of a certificate where it allows this course something; undefined where it allows nothing. */
export function allowedBy(
  certificate: Certificate,
  override: Override | undefined,
): Override | undefined {
  return checkOverride(certificate, override).length === 0 ? override : undefined;
}

/** Whether the override that a certificate names is to be had, of its hub, used by its course, by the word of two. */
export function checkOverride(
  certificate: Certificate,
  override: Override | undefined,
): Violation[] {
  const name = overrideNamed(certificate);
  if (name === undefined) return [];
  const says = (holds: boolean, found: string) => unless(holds, "OVERRIDE", "override", found);
  if (override === undefined) return says(false, `${name} is not to be had`);
  const { proposal, approval, useTime } = override;
  // A ministry sees no persons: then that there were two times is all that can be asked.
  const areTwo =
    proposal?.consentTime !== undefined &&
    approval?.consentTime !== undefined &&
    (approval.actor === "" || approval.actor !== proposal.actor);
  return [
    ...says(override.name === name, `is ${override.name}, the certificate names ${name}`),
    ...says(name.startsWith(`${certificate.hub}/overrides/`), `${name} is of another hub`),
    ...says(override.course === certificate.course, `${name} is for ${override.course}`),
    ...says(areTwo, `${name} is not by the word of two persons`),
    ...says(
      override.state === Override_State.USED && useTime !== undefined,
      `${name} was not used in time`,
    ),
  ];
}

/** The time that an override opens at a resource, by its full name. */
export function timeOpened(override: Override | undefined, { resource }: Use): Span[] {
  if (override?.opens.case !== "outsideHours") return [];
  const { resources, startTime, endTime } = override.opens.value;
  if (!resources.includes(resource)) return [];
  return [{ start: minuteOf(startTime), end: minuteOf(endTime) }];
}

/** How many beds of a pool, by its full name, an override opens on a date. */
export function bedsOpened(
  override: Override | undefined,
  pool: string,
  date: Temporal.PlainDate,
): number {
  if (override?.opens.case !== "overbooking") return 0;
  const { pool: opened, firstDate, lastDate, count } = override.opens.value;
  const [first, last] = [toDate(firstDate), toDate(lastDate)];
  if (opened !== pool || first === undefined || last === undefined) return 0;
  return isWithin(date, first, last) ? count : 0;
}

function minuteOf(time: { readonly seconds: bigint } | undefined): number {
  return Number(time?.seconds ?? 0n) / secondsOfMinute;
}
