/**
 * Places in the code at which a fault run may end a process, as `kill -9` would: what a crash just there leaves
 * behind cannot be hit from outside. `CAREHUB_FAILPOINT=relay.after-send:kill@3` kills at the third passing of that
 * place, `…:kill` at the first. Only a process with `CAREHUB_ENVIRONMENT=sandbox` has fail points; elsewhere the
 * variable means nothing.
 */

/** The places there are. */
export const failPoints = [
  /** In the relay, when Kafka has acknowledged a batch and the cursor has not moved. */
  "relay.after-send",
] as const;

export type FailPoint = (typeof failPoints)[number];

type Environment = Readonly<Record<string, string | undefined>>;

const syntax = /^([a-z.-]+):kill(?:@([1-9]\d{0,5}))?$/;

/** Reads what an environment asks for; answers what to call at each place. A place that does not exist is an error. */
export function createFailPoints(
  environment: Environment,
  kill: () => void,
): (place: FailPoint) => void {
  const asked = environment.CAREHUB_FAILPOINT;
  if (!asked || environment.CAREHUB_ENVIRONMENT !== "sandbox") return () => undefined;
  const [, name, count = "1"] = syntax.exec(asked) ?? [];
  const point = failPoints.find((each) => each === name);
  if (point === undefined) {
    throw new Error(
      `CAREHUB_FAILPOINT names none of ${failPoints.join(", ")} with :kill or :kill@n`,
    );
  }
  let left = Number(count);
  return (place) => {
    if (place !== point) return;
    left -= 1;
    if (left === 0) kill();
  };
}

/** Passes a place of this process; where the environment asks for it, nothing after this call happens. */
export const passFailPoint = createFailPoints(process.env, () => {
  process.kill(process.pid, "SIGKILL");
});
