import {
  create,
  type DescMessage,
  type DescMethodServerStreaming,
  fromBinary,
  type MessageInitShape,
  type MessageShape,
  toBinary,
} from "@bufbuild/protobuf";
import { type Client, type ClientReadableStream, Metadata, type ServiceError } from "@grpc/grpc-js";
import { toCallError } from "./call-error.ts";
import { nameOf, pathOf } from "./definition.ts";
import { traceIdKey } from "./errors.ts";

/** What one stream may have of its own. */
export type StreamOptions = {
  /** Without one the stream lives for as long as its server lets it. */
  readonly deadlineMs?: number;
  readonly signal?: AbortSignal;
  /** Told when the server has let the caller in. */
  readonly onTraceId?: (traceId: string) => void;
};

/** Opens a stream; its messages come as they are asked for. Leaving the loop, or the signal, ends the call. */
export type OpenStream<Input extends DescMessage, Output extends DescMessage> = (
  request: MessageInitShape<Input>,
  options?: StreamOptions,
) => AsyncIterable<MessageShape<Output>>;

/**
 * Makes the function of one server-streaming method. The call begins with the first message asked for. It is never
 * sent again by itself: only the caller knows where it was.
 */
export function streamCaller(
  client: Client,
  method: DescMethodServerStreaming,
  { waitForReady = false }: { readonly waitForReady?: boolean | undefined },
): OpenStream<DescMessage, DescMessage> {
  return async function* receive(request, { deadlineMs, signal, onTraceId } = {}) {
    const call = client.makeServerStreamRequest(
      pathOf(method),
      (bytes: Buffer) => bytes,
      (answer: Buffer) => fromBinary(method.output, answer),
      Buffer.from(toBinary(method.input, create(method.input, request))),
      new Metadata({ waitForReady }),
      deadlineMs === undefined ? {} : { deadline: Date.now() + deadlineMs },
    );
    const cancel = (): void => call.cancel();
    signal?.addEventListener("abort", cancel, { once: true });
    if (signal?.aborted) cancel();
    if (onTraceId) call.on("metadata", (received) => tellTraceId(received, onTraceId));
    try {
      yield* messagesOf(call, nameOf(method));
    } finally {
      signal?.removeEventListener("abort", cancel);
      cancel();
    }
  };
}

async function* messagesOf<Message>(
  call: ClientReadableStream<Message>,
  name: string,
): AsyncGenerator<Message> {
  // Beside the loop's own listener: after the loop the end of the call is nobody's error.
  call.on("error", () => undefined);
  try {
    yield* call;
  } catch (error) {
    throw toCallError(name, error as ServiceError);
  }
}

function tellTraceId(received: Metadata, onTraceId: (traceId: string) => void): void {
  const [traceId] = received.get(traceIdKey);
  if (typeof traceId === "string") onTraceId(traceId);
}
