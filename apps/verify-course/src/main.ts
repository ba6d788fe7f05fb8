import { parseArgs } from "node:util";
import { CallError } from "@carehub/grpc/call-error";
import { type Asked, UsageError } from "./asked.ts";
import { fromConnection } from "./connected.ts";
import { fromFiles } from "./files.ts";
import { help } from "./help.ts";
import { isAccepted, reportOn, writeReport } from "./report.ts";

process.exitCode = await main();

async function main(): Promise<number> {
  try {
    const { values } = readArguments();
    if (values.help) {
      console.log(help);
      return 0;
    }
    const asked = await read(values);
    const report = reportOn(asked);
    console.log(values.json ? JSON.stringify(report, undefined, 2) : writeReport(report));
    return isAccepted(report) ? 0 : 1;
  } catch (error) {
    if (!(error instanceof UsageError || error instanceof CallError)) throw error;
    console.error(error.message);
    return 2;
  }
}

type Values = ReturnType<typeof readArguments>["values"];

function read(values: Values): Asked | Promise<Asked> {
  const { connection, hub = [], certificate = [], course = [], all = false } = values;
  const { override = [] } = values;
  if (connection !== undefined && hub.length + certificate.length + override.length === 0) {
    if (all === course.length > 0) throw new UsageError("name --course, or --all; see --help");
    return fromConnection(connection, { names: course, all });
  }
  if (connection !== undefined || course.length > 0 || all) {
    throw new UsageError("files are checked without a connection; see --help");
  }
  if (hub.length === 0 || certificate.length === 0) {
    throw new UsageError("name --hub and --certificate, or --connection; see --help");
  }
  return fromFiles(hub, certificate, override);
}

function readArguments() {
  const text = { type: "string" } as const;
  const texts = { type: "string", multiple: true } as const;
  const flag = { type: "boolean" } as const;
  try {
    return parseArgs({
      options: {
        ...{ hub: texts, certificate: texts, course: texts, override: texts },
        ...{ connection: text, all: flag, json: flag, help: flag },
      },
    });
  } catch (cause) {
    const message = cause instanceof Error ? cause.message : String(cause);
    throw new UsageError(`${message} See --help`, { cause });
  }
}
