import { create } from "@bufbuild/protobuf";
import { type Timestamp, TimestampSchema } from "@bufbuild/protobuf/wkt";
import { invalidField } from "@carehub/rules/ids";

const nanosPerSecond = 1_000_000_000n;

/** The wire's timestamp of an instant, to the nanosecond. */
export function toTimestamp(instant: Temporal.Instant): Timestamp {
  const nanos = ((instant.epochNanoseconds % nanosPerSecond) + nanosPerSecond) % nanosPerSecond;
  const seconds = (instant.epochNanoseconds - nanos) / nanosPerSecond;
  return create(TimestampSchema, { seconds, nanos: Number(nanos) });
}

/** The first and the last second that protobuf knows: of the years 1 to 9999. */
const secondsMin = -62_135_596_800n;
const secondsMax = 253_402_300_799n;

/** The instant of a timestamp from the wire, to the nanosecond; one that protobuf does not allow is INVALID_FIELD. */
export function toInstant({
  seconds,
  nanos,
}: Pick<Timestamp, "seconds" | "nanos">): Temporal.Instant {
  if (seconds < secondsMin || seconds > secondsMax || nanos < 0 || nanos >= nanosPerSecond) {
    throw invalidField("request", "holds a time that is not of the years from 1 to 9999");
  }
  return Temporal.Instant.fromEpochNanoseconds(seconds * nanosPerSecond + BigInt(nanos));
}
