import {
  type Attributes,
  type Counter,
  type Histogram,
  metrics,
  type ObservableResult,
} from "@opentelemetry/api";

const meterName = "carehub";
const secondsBoundaries = [
  0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30,
];

/** A counter named `carehub.…`; without the telemetry preload it counts nothing. */
export function counter(name: string, description: string): Counter {
  return metrics.getMeter(meterName).createCounter(name, { description });
}

/** A histogram of durations in seconds, named `….seconds`, from a millisecond to half a minute. */
export function durationHistogram(name: string, description: string): Histogram {
  return metrics.getMeter(meterName).createHistogram(name, {
    description,
    unit: "s",
    advice: { explicitBucketBoundaries: secondsBoundaries },
  });
}

/**
 * A value that is read whenever metrics are collected; the returned function ends the reading.
 * A reading that fails or has no answer is left out.
 */
export function gauge(
  { name, description }: { readonly name: string; readonly description: string },
  read: () => number | undefined | Promise<number | undefined>,
  attributes: Attributes = {},
): () => void {
  const instrument = metrics.getMeter(meterName).createObservableGauge(name, { description });
  const observe = async (result: ObservableResult): Promise<void> => {
    const value = await read();
    if (value !== undefined) result.observe(value, attributes);
  };
  instrument.addCallback(observe);
  return () => instrument.removeCallback(observe);
}
