import { create } from "@bufbuild/protobuf";
import { type Timestamp, TimestampSchema } from "@bufbuild/protobuf/wkt";

const nanosPerSecond = 1_000_000_000n;

/** The wire's timestamp of an instant, to the nanosecond. */
export function toTimestamp(instant: Temporal.Instant): Timestamp {
  const nanos = ((instant.epochNanoseconds % nanosPerSecond) + nanosPerSecond) % nanosPerSecond;
  const seconds = (instant.epochNanoseconds - nanos) / nanosPerSecond;
  return create(TimestampSchema, { seconds, nanos: Number(nanos) });
}

/** The instant of a timestamp from the wire, to the nanosecond. */
export function toInstant({
  seconds,
  nanos,
}: Pick<Timestamp, "seconds" | "nanos">): Temporal.Instant {
  return Temporal.Instant.fromEpochNanoseconds(seconds * nanosPerSecond + BigInt(nanos));
}
