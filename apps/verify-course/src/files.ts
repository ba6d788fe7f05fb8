import { readFileSync } from "node:fs";
import { fromJson, type JsonObject } from "@bufbuild/protobuf";
import { type Course, CourseSchema } from "@carehub/contracts/gen/carehub/capacity/v1/course_pb.ts";
import { type Hub, HubSchema } from "@carehub/contracts/gen/carehub/capacity/v1/hub_pb.ts";
import {
  type Override,
  OverrideSchema,
} from "@carehub/contracts/gen/carehub/capacity/v1/override_pb.ts";
import { parse } from "yaml";
import {
  type Asked,
  type AskedCourse,
  missedOf,
  namedIn,
  overrideIn,
  UsageError,
} from "./asked.ts";

/**
 * Reads hubs' documents, YAML or JSON, certificates: canonical texts, or courses as the API shows them, and overrides as
 * the API shows them.
 */
export function fromFiles(
  hubFiles: readonly string[],
  courseFiles: readonly string[],
  overrideFiles: readonly string[] = [],
): Asked {
  const versions = hubFiles.map(readHub);
  const overrides = overrideFiles.map(readOverride);
  const courses = courseFiles.map((file) => {
    const course = readCourse(file, versions);
    const named = overrideIn(course.text);
    return { ...course, override: overrides.find(({ name }) => name === named) };
  });
  return { versions, courses };
}

function readOverride(file: string): Override {
  const document = parseFile(file);
  const override = "override" in document ? document.override : document;
  return readMessage(file, () => fromJson(OverrideSchema, override as JsonObject));
}

// A document that a hub has not published yet has no version: it is taken for the one that is named.
function readHub(file: string): Hub {
  const document = parseFile(file);
  const hub = "hub" in document ? document.hub : document;
  return readMessage(file, () => fromJson(HubSchema, hub as JsonObject));
}

function readCourse(file: string, versions: readonly Hub[]): AskedCourse {
  const course = readShownCourse(file);
  const text = course?.certificateDocument ?? readText(file).trim();
  const named = namedIn(text);
  const ofHub = versions.filter(({ name }) => name === named?.hub);
  const hub =
    ofHub.find(({ version }) => version === named?.version) ??
    ofHub.find(({ version }) => version === 0);
  return {
    course: course?.name ?? file,
    isNamed: course !== undefined,
    text,
    hash: course?.certificate?.hash,
    hub: hub && { ...hub, version: hub.version || (named?.version ?? 0) },
    isLive: true,
    missed: course === undefined ? [] : missedOf(course),
  };
}

// Undefined where the file is a certificate itself, which names its course by a text.
function readShownCourse(file: string): Course | undefined {
  const document = parseFile(file);
  const shown = typeof document.course === "object" ? document.course : document;
  const isCourse = shown !== null && "certificateDocument" in shown;
  return isCourse
    ? readMessage(file, () => fromJson(CourseSchema, shown as JsonObject))
    : undefined;
}

function parseFile(file: string): Record<string, unknown> {
  const text = readText(file);
  return readMessage(file, () => {
    const document: unknown = parse(text);
    if (typeof document === "object" && document !== null && !Array.isArray(document)) {
      return document as Record<string, unknown>;
    }
    throw new TypeError("it is no object");
  });
}

function readText(file: string): string {
  return readMessage(file, () => readFileSync(file, "utf8"));
}

function readMessage<Value>(file: string, read: () => Value): Value {
  try {
    return read();
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new UsageError(`${file} cannot be read: ${why}`, { cause });
  }
}
