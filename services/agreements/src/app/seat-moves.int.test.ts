import { randomUUIDv7 } from "node:crypto";
import fc from "fast-check";
import { afterAll, beforeAll, expect, test } from "vitest";
import {
  nextMessage,
  openTestAgreements,
  publishParties,
  publishTexts,
  raiseDues,
  request,
  seatsOf,
  unbalanced,
} from "../agreements.builder.ts";
import { aProtocol, aQuota } from "../domain/agreement.builder.ts";
import type { SeatRequest } from "../domain/seat.ts";
import { closeCase, moveSeat } from "./move-seat.ts";

let agreements: Awaited<ReturnType<typeof openTestAgreements>>;

beforeAll(async () => {
  agreements = await openTestAgreements();
  await publishParties(agreements.app);
});

afterAll(async () => expect(await agreements.closeAndCountDeadlocks()).toBe(0));

const general = 2;
const aside = 1;
const caseCount = 6;

type Step =
  | { readonly kind: "request" | "close" | "offer"; readonly index: number }
  | { readonly kind: SeatRequest; readonly index: number };

const step: fc.Arbitrary<Step> = fc.record({
  kind: fc.constantFrom("request", "request", "COMMIT", "CONSUME", "RELEASE", "close", "offer"),
  index: fc.nat(caseCount - 1),
});

type ModelCase = { state: string; part: string; aside: boolean; closed: boolean };

/** The same rules in a few lines: who has a seat of which part, and who waits in which order. */
class Model {
  readonly cases: ModelCase[] = Array.from({ length: caseCount }, (_, index) => {
    return { state: "NONE", part: "", aside: index % 3 === 0, closed: false };
  });
  readonly waiting: number[] = [];

  free(part: string): number {
    const live = ["RESERVED", "COMMITTED", "CONSUMED"];
    const used = this.cases.filter((one) => live.includes(one.state) && one.part === part).length;
    return (part === "" ? general : aside) - used;
  }

  apply({ kind, index }: Step): void {
    const one = this.cases[index];
    if (one === undefined) return;
    if (kind === "request") this.#ask(one, index);
    else if (kind === "close") this.#close(one, index);
    else if (kind === "offer") this.#offer();
    else this.#move(one, index, kind);
  }

  #ask(one: ModelCase, index: number): void {
    if (one.state !== "NONE" || one.closed) return;
    one.state = this.#take(one, (part) => this.#mayTake(part)) ? "RESERVED" : "WAITING";
    if (one.state === "WAITING") this.waiting.push(index);
  }

  #mayTake(part: string): boolean {
    return !this.waiting.some((other) => part === "" || this.cases[other]?.aside === true);
  }

  #take(one: ModelCase, may: (part: string) => boolean): boolean {
    const parts = one.aside ? ["UZ-QR", ""] : [""];
    const part = parts.find((name) => this.free(name) > 0 && may(name));
    if (part === undefined) return false;
    one.part = part;
    return true;
  }

  #move(one: ModelCase, index: number, kind: SeatRequest): void {
    if (kind === "RELEASE" && one.state === "WAITING") this.#leave(one, index);
    if (kind === "RELEASE" && ["RESERVED", "COMMITTED"].includes(one.state)) one.state = "GONE";
    if (kind === "COMMIT" && one.state === "RESERVED") one.state = "COMMITTED";
    if (kind === "CONSUME" && ["RESERVED", "COMMITTED"].includes(one.state)) one.state = "CONSUMED";
  }

  #close(one: ModelCase, index: number): void {
    one.closed = true;
    if (one.state === "WAITING") this.#leave(one, index);
    if (one.state === "RESERVED") one.state = "GONE";
  }

  #leave(one: ModelCase, index: number): void {
    one.state = "GONE";
    this.waiting.splice(this.waiting.indexOf(index), 1);
  }

  #offer(): void {
    for (;;) {
      const next = this.waiting.find((index) => {
        const one = this.cases[index];
        return one !== undefined && (this.free("") > 0 || (one.aside && this.free("UZ-QR") > 0));
      });
      const one = next === undefined ? undefined : this.cases[next];
      if (next === undefined || one === undefined) return;
      this.waiting.splice(this.waiting.indexOf(next), 1);
      this.#take(one, () => true);
      one.state = "RESERVED";
    }
  }

  counts(part: string): number[] {
    const of = (state: string) =>
      this.cases.filter((one) => one.state === state && one.part === part).length;
    const granted = part === "" ? general : aside;
    return [granted, this.free(part), of("RESERVED"), of("COMMITTED"), of("CONSUMED")];
  }
}

async function perform({ kind, index }: Step, ids: readonly string[], party: string) {
  const { app } = agreements;
  const id = ids[index] ?? "";
  const residence_region = index % 3 === 0 ? "UZ-QR" : "UZ-TK";
  if (kind === "request") {
    await request(app, id, { facts: { sending_party: party, residence_region } });
  } else if (kind === "close") {
    await closeCase(app, { id, careState: "CANCELLED" }, nextMessage(id));
  } else if (kind === "offer") {
    await raiseDues(app);
  } else {
    await moveSeat(app, { id, round: 1, move: kind, reason: "" }, nextMessage(id));
  }
}

let runs = 0;

test("any mix of requests, moves and closings leaves the seats as the model has them", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 10, maxLength: 40 }), async (steps) => {
      runs += 1;
      const name = `agreements/run-${runs}`;
      // One party would see the quotas of all runs; the newest agreement of its layer decides.
      const first = Temporal.PlainDate.from("2000-01-01").add({ days: runs });
      const inForce = { first, last: undefined };
      await publishTexts(
        agreements.app,
        aProtocol({ name, inForce, quotas: [aQuota(general + aside, aside)] }),
      );
      const ids = Array.from({ length: caseCount }, () => randomUUIDv7());
      const model = new Model();
      for (const one of steps) {
        await perform(one, ids, "parties/UZ");
        model.apply(one);
        expect(await seatsOf(agreements.db, `${name}/quotas/heart`)).toEqual({
          "": model.counts(""),
          "UZ-QR": model.counts("UZ-QR"),
        });
      }
      expect(await unbalanced(agreements.db)).toEqual([]);
    }),
    { seed: 20_260_105, numRuns: 25 },
  );
}, 60_000);
