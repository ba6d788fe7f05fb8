import { randomUUID } from "node:crypto";
import { create, toBinary } from "@bufbuild/protobuf";
import { HoldCourseRequestSchema } from "@carehub/contracts/gen/carehub/capacity/v1/course_service_pb.ts";
import { must } from "@carehub/rules/fault";
import {
  courseHubs,
  courses,
  dateOf,
  hot,
  sessionHubs,
  sessions,
} from "../workloads/capacity-hubs.ts";
import { cellOf } from "../workloads/session-cells.ts";

/** A call of one hub. */
export type HoldCall = { readonly hub: string; readonly message: Uint8Array };

/** What is asked for: single sessions anywhere, whole courses, or what everybody wants. */
export type HoldKind = "session" | "course" | "room-hour" | "bed-day";

/** The path of the method. */
export const holdPath = "/carehub.capacity.v1.CourseService/HoldCourse";

/** The hubs that call, by kind. */
export function hubsOf(kind: HoldKind): readonly string[] {
  if (kind === "session") return sessionHubs;
  return kind === "course" ? courseHubs : [hot.hub];
}

/** The call with that number; of a session or course, each number asks for something of its own. */
export function holdCall(kind: HoldKind, index: number): HoldCall {
  switch (kind) {
    case "session": {
      const { room, day } = cellOf(index);
      const hub = must(sessionHubs[Math.floor(room / sessions.rooms)], "a room is one of 400");
      return {
        hub,
        message: encode(hub, `room-${sessions.firstRoom + (room % sessions.rooms)}`, day),
      };
    }
    case "course": {
      const hub = must(courseHubs[index % courses.hubs], "a remainder is below the number of hubs");
      const block = Math.floor(index / courses.hubs) % courses.blocks;
      return { hub, message: encode(hub, "course", block * courses.sessions) };
    }
    default:
      return { hub: hot.hub, message: encode(hot.hub, kind, index) };
  }
}

function encode(hub: string, template: string, day: number): Uint8Array {
  const date = dateOf(day);
  return toBinary(
    HoldCourseRequestSchema,
    create(HoldCourseRequestSchema, {
      plan: { template: `hubs/${hub}/templates/${template}`, readyDate: date, dueDate: date },
      answerTime: {
        workingDays: 5,
        calendars: ["KZ"],
        graceHours: 24,
        clause: "agreements/bench/clauses/answer",
      },
      requestId: randomUUID(),
      actor: { reference: "bench:1", role: "planner" },
    }),
  );
}

/** The headers of a call, on whichever port. */
export function holdHeaders(port: number): [string, string][] {
  return [
    [":method", "POST"],
    [":scheme", "https"],
    [":path", holdPath],
    [":authority", `localhost:${port}`],
    ["te", "trailers"],
    ["content-type", "application/grpc"],
    ["user-agent", "carehub-bench"],
    ["grpc-timeout", "30S"],
  ];
}
