import { readFileSync } from "node:fs";
import { create, fromJson, type JsonObject } from "@bufbuild/protobuf";
import {
  HubSchema,
  type Hub as WireHub,
} from "@carehub/contracts/gen/carehub/capacity/v1/hub_pb.ts";
import { must } from "@carehub/rules/fault";
import { parse } from "yaml";
import type { TimedHub } from "../domain/demand.ts";
import { testNow } from "../domain/hub.builder.ts";
import type { HubDocument } from "../domain/hub.ts";
import { createHubTime, minuteOfInstant } from "../domain/hub-time.ts";
import { closureSpans } from "../domain/stranded.ts";
import type { NamedOpening } from "../domain/unavailable.ts";
import { readHubDocument } from "./hub-document.ts";

/** An example's message, as its hub would publish it. */
export function readExampleHub(name: string): WireHub {
  const url = new URL(`../../../../examples/hubs/${name}.yaml`, import.meta.url);
  const file = parse(readFileSync(url, "utf8")) as JsonObject;
  if (file.illustrative !== true) throw new Error(`${name} is not marked as illustrative`);
  return fromJson(HubSchema, must(file.hub, "an example has a hub"));
}

/** An example hub as its first version. */
export function anExampleHub(name: string, parts: Partial<HubDocument> = {}): TimedHub {
  const document = { ...readHubDocument(create(HubSchema, readExampleHub(name))), ...parts };
  const times = { createdAt: testNow, updatedAt: testNow, time: createHubTime(document) };
  return { document, version: 1, ...times };
}

/** The openings of a refusal as its hub would publish them, word for word. */
export function asExceptionalOpenings(
  { document, time }: Pick<TimedHub, "document" | "time">,
  openings: readonly NamedOpening[],
) {
  return openings.map(({ resource, startAt, endAt }) => {
    const start = minuteOfInstant(startAt);
    const dayStart = time.startOf(time.dayOf(start));
    return {
      resources: [resource.slice(`${document.name}/resources/`.length)],
      onDate: startAt.toZonedDateTimeISO(document.zone).toPlainDate(),
      start: start - dayStart,
      end: minuteOfInstant(endAt) - dayStart,
    };
  });
}

/** What the closures of a hub's document keep busy. */
export function closedTimes({ document, time }: TimedHub) {
  const spans = closureSpans(document, time);
  return new Map(
    document.resources.map(({ id }) => [
      id,
      spans
        .filter(({ resource }) => resource.endsWith(`/${id}`))
        .map(({ start, end }) => ({ start, end })),
    ]),
  );
}
