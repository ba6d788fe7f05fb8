import type { MessageInitShape } from "@bufbuild/protobuf";
import type { Timestamp } from "@bufbuild/protobuf/wkt";
import {
  type GetQuiescenceResponseSchema,
  type ListDeadLettersResponseSchema,
  type MoveClockRequest,
  OperationsService,
  type ReplayDeadLettersRequest,
  type ReplayDeadLettersResponseSchema,
} from "@carehub/contracts/gen/carehub/operations/v1/operations_service_pb.ts";
import { must } from "@carehub/rules/fault";
import { invalidField } from "@carehub/rules/ids";
import type { Call } from "./call.ts";
import type { Response } from "./definition.ts";
import { toInstant, toTimestamp } from "./instants.ts";
import { type Implementation, implement } from "./serve.ts";

const pageSizeDefault = 50;
const pageSizeMax = 200;

/** What each service hands in; `WhoAmI` and the wire are the same for all. */
export type Operations = {
  /** The service's name, `intake`. */
  readonly name: string;
  /** Sets the clock forward and answers its time after that, or the bytes of an earlier answer. */
  readonly moveClock: (
    to: Temporal.Instant,
    context: { readonly request: MoveClockRequest; readonly call: Call },
  ) => Promise<Temporal.Instant | Uint8Array>;
  readonly getQuiescence: () => Promise<MessageInitShape<typeof GetQuiescenceResponseSchema>>;
  /** A page of at most `size` letters, from the token of the last page or from the start. */
  readonly listDeadLetters: (page: {
    readonly size: number;
    readonly token: string;
  }) => Promise<MessageInitShape<typeof ListDeadLettersResponseSchema>>;
  readonly replayDeadLetters: (
    key: { readonly topic: string; readonly key: string },
    context: { readonly request: ReplayDeadLettersRequest; readonly call: Call },
  ) => Promise<Response<typeof ReplayDeadLettersResponseSchema>>;
};

/** A clock never goes back: from a year for which no table of working days stands there is no return. */
const clockYearMax = 2099;

function toClockTime(time: Timestamp): Temporal.Instant {
  const instant = toInstant(time);
  const { year } = instant.toZonedDateTimeISO("UTC");
  if (year > clockYearMax) throw invalidField("time", `is later than the year ${clockYearMax}`);
  return instant;
}

/** The operations API of one service, ready for `serve`. */
export function implementOperations(operations: Operations): Implementation {
  return implement(OperationsService, {
    whoAmI: (_request, { caller, spiffeId }) => ({
      caller: caller.name,
      spiffeId,
      service: operations.name,
    }),
    moveClock: async (request, call) => {
      const to = toClockTime(must(request.time, "validation requires the time"));
      const answer = await operations.moveClock(to, { request, call });
      return answer instanceof Uint8Array ? answer : { time: toTimestamp(answer) };
    },
    getQuiescence: () => operations.getQuiescence(),
    listDeadLetters: ({ pageSize, pageToken }) =>
      operations.listDeadLetters({
        size: Math.min(pageSize || pageSizeDefault, pageSizeMax),
        token: pageToken,
      }),
    replayDeadLetters: (request, call) =>
      operations.replayDeadLetters({ topic: request.topic, key: request.key }, { request, call }),
  });
}
