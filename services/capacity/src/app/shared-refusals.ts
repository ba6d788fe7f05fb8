/*
 * Many who ask a hub for the very same thing at once are told one refusal: each of them would read the same rows and
 * explain them the same way.
 *
 * Guarantee: a refusal is shared only with those who had asked before the rows were read on which it was decided, so
 * that it is as true for them as their own would have been. Whoever asks later has the rows read again. What is held is
 * never shared.
 */
import type { Unavailable } from "../domain/unavailable.ts";
import type { HoldRequest } from "./place-course.ts";

/** The refusals of what is being asked for in this process. */
export type SharedRefusals = {
  /** Notes that somebody asks for this now. */
  readonly enter: (request: HoldRequest) => Asked;
};

/** One who asks, from its arrival until it is answered. */
export type Asked = {
  /** A refusal that holds for this one as well; undefined where it must find out itself. */
  readonly find: () => Unavailable | undefined;
  /** To be called before rows are read on which a refusal may be decided. */
  readonly reads: () => void;
  /** The refusal that was decided on what was read last. */
  readonly refused: (unavailable: Unavailable) => void;
  readonly leave: () => void;
};

type Question = { asking: number; last?: { readonly readAt: number; readonly is: Unavailable } };

/** Makes an empty one; it remembers a refusal only while somebody asks the same. */
export function createSharedRefusals(): SharedRefusals {
  const questions = new Map<string, Question>();
  // Counts arrivals and readings: of two of them the one with the lower number came first.
  let moment = 0;
  return {
    enter: ({ id: _, ...question }) => {
      const key = JSON.stringify(question);
      const known: Question = questions.get(key) ?? { asking: 0 };
      questions.set(key, known);
      known.asking += 1;
      moment += 1;
      const arrivedAt = moment;
      let readAt = 0;
      return {
        find: () =>
          known.last !== undefined && arrivedAt < known.last.readAt ? known.last.is : undefined,
        reads: () => {
          moment += 1;
          readAt = moment;
        },
        refused: (is) => {
          if (known.last === undefined || known.last.readAt < readAt) known.last = { readAt, is };
        },
        leave: () => {
          known.asking -= 1;
          if (known.asking === 0) questions.delete(key);
        },
      };
    },
  };
}
