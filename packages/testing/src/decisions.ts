import type { Decision } from "@carehub/rules/decision";
import { DomainError } from "@carehub/rules/domain-error";
import { expect } from "vitest";

/** Begins a sentence about a pure rule: `given(state).when(rule).then(…)` or `.thenFails(…)`. */
export function given<State>(state: State): Given<State> {
  return {
    when: <Next, Event>(decide: (state: State) => Decision<Next, Event>) => ({
      // biome-ignore lint/suspicious/noThenProperty: the sentence reads so, and nobody awaits it.
      then: (expected: Expected<Next, Event>) => expectDecision(decide(state), expected),
      thenFails: (reason: string, metadata?: Record<string, string>) =>
        expectRefusal(() => decide(state), reason, metadata),
    }),
  };
}

/** What may follow `given(state)`. */
export type Given<State> = {
  when<Next, Event>(decide: (state: State) => Decision<Next, Event>): When<Next, Event>;
};

/** What may follow `when(rule)`. */
export type When<Next, Event> = {
  /** The rule decided so; returns the decision for a look at more. */
  then(expected: Expected<Next, Event>): Decision<Next, Event>;
  /** The rule refused with this reason and at least this metadata; returns the refusal. */
  thenFails(reason: string, metadata?: Record<string, string>): DomainError;
};

/** The events, all and in order, each matched by the fields shown; or these and the state's fields. */
export type Expected<State, Event> =
  | readonly Shown<Event>[]
  | { readonly events?: readonly Shown<Event>[]; readonly state?: Shown<State> };

/** Only the fields that matter to a test, at any depth. */
export type Shown<Value> = Value extends object
  ? { readonly [Field in keyof Value]?: Shown<Value[Field]> }
  : Value;

function expectDecision<State, Event>(
  decision: Decision<State, Event>,
  expected: Expected<State, Event>,
): Decision<State, Event> {
  const { events, state } = isList(expected) ? { events: expected, state: undefined } : expected;
  if (events !== undefined) {
    expect(decision.events).toHaveLength(events.length);
    expect(decision.events).toMatchObject(events);
  }
  if (state !== undefined) expect(decision.state).toMatchObject(state as object);
  return decision;
}

function isList<State, Event>(
  expected: Expected<State, Event>,
): expected is readonly Shown<Event>[] {
  return Array.isArray(expected);
}

function expectRefusal(
  decide: () => Decision<unknown, unknown>,
  reason: string,
  metadata: Record<string, string> = {},
): DomainError {
  let refusal: unknown;
  try {
    refusal = { decided: decide() };
  } catch (error) {
    refusal = error;
  }
  if (!(refusal instanceof DomainError)) {
    if (refusal instanceof Error) throw refusal;
    expect(refusal, "the rule decided where a refusal was expected").toBe(reason);
  }
  expect(refusal).toMatchObject({ reason, metadata });
  return refusal as DomainError;
}
