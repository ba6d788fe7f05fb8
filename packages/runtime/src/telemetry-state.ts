/** What the telemetry preload leaves to the process: how to read its metrics and how to end it. */
export type Telemetry = {
  readonly readMetrics: () => Promise<string>;
  readonly shutdown: () => Promise<void>;
};

const noTelemetry: Telemetry = {
  readMetrics: async () => "# the telemetry preload is not loaded\n",
  shutdown: async () => undefined,
};

let installed: Telemetry = noTelemetry;

/** Sets the process's telemetry; called once, by the preload. */
export function installTelemetry(telemetry: Telemetry): void {
  installed = telemetry;
}

/** The process's telemetry; without the preload one that has nothing to tell. */
export function currentTelemetry(): Telemetry {
  return installed;
}
