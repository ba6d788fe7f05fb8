/*
 * A client connection that repeats one unary gRPC call, by frames that were encoded beforehand.
 *
 * Why not h2load: it shows no client certificate. Why not a client library: it costs more than the
 * server that it would measure. An answer counts as good when it has a message of the expected
 * length: a gRPC server sends no message with a status other than OK.
 */
import { connect, type TLSSocket } from "node:tls";
import { encodeFrame, type Frame, flags, frameTypes, makeFrameReader } from "./frames.ts";
import { encodeHeaders, type HeaderList } from "./header-blocks.ts";

/** What to call, and with what. */
export type UnaryCall = {
  readonly port: number;
  readonly tls: { readonly ca: Buffer; readonly cert: Buffer; readonly key: Buffer };
  readonly headers: HeaderList;
  readonly message: Uint8Array;
  /** The length of a good answer; undefined where any message is one. */
  readonly answerBytes: number | undefined;
};

/** One connection; calls go out with the next `flush`. */
export type UnaryConnection = {
  /**
   * Adds a call that counts from the given time, with a message of its own or the usual one. False when the window of
   * the server is full.
   */
  readonly send: (sinceMs: number, message?: Uint8Array) => boolean;
  readonly flush: () => void;
  readonly inFlight: () => number;
  readonly close: () => void;
};

/** Is told of each answer; `finished` after each piece of input, when it is time to send again. */
export type UnaryListener = {
  readonly answered: (sinceMs: number, isGood: boolean) => void;
  readonly finished: () => void;
  readonly failed: (error: Error) => void;
};

const preface = Buffer.from("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");
const messageHeadBytes = 5;
const startWindow = 65_535;
const receiveWindowMore = 0x7fffffff - startWindow;
// More than any server here allows at a time on one connection.
const placesMax = 4_096;
const none = Buffer.alloc(0);

/** Connects with a client certificate and prepares the frames. */
export async function openUnaryConnection(
  call: UnaryCall,
  listener: UnaryListener,
): Promise<UnaryConnection> {
  const socket = await connectTls(call, listener);
  const frames = prepareFrames(call);
  const sinceByPlace = new Float64Array(placesMax);
  const bytesByPlace = new Int32Array(placesMax);
  let nextStream = 1;
  let inFlight = 0;
  let window = startWindow;
  let output: Buffer[] = [preface, frames.settings, frames.receiveWindow];

  const end = (place: number, isGood: boolean) => {
    inFlight -= 1;
    listener.answered(sinceByPlace[place] ?? 0, isGood);
  };
  const hear = ({ type, flags: set, stream, payload }: Frame) => {
    const place = (stream >>> 1) % placesMax;
    if (type === frameTypes.data) bytesByPlace[place] = (bytesByPlace[place] ?? 0) + payload.length;
    else if (type === frameTypes.windowUpdate && stream === 0) window += payload.readUInt32BE(0);
    else if (type === frameTypes.reset) return end(place, false);
    else if (type === frameTypes.goAway) listener.failed(new Error("the server said goodbye"));
    else if (type === frameTypes.settings && (set & flags.acknowledge) === 0) {
      output.push(frames.settingsAcknowledged);
    } else if (type === frameTypes.ping && (set & flags.acknowledge) === 0) {
      output.push(encodeFrame({ type, flags: flags.acknowledge, stream: 0, payload }));
    }
    const isLast = (set & flags.endStream) !== 0;
    if (isLast && (type === frameTypes.headers || type === frameTypes.data)) {
      end(place, isGood(bytesByPlace[place] ?? 0, call));
    }
  };
  const read = makeFrameReader(hear);
  socket.on("data", (chunk: Buffer) => {
    read(chunk);
    listener.finished();
  });
  return {
    send(sinceMs, message) {
      const bytes = message === undefined ? frames.messageBytes : message.length + messageHeadBytes;
      if (window < bytes) return false;
      window -= bytes;
      const place = (nextStream >>> 1) % placesMax;
      sinceByPlace[place] = sinceMs;
      bytesByPlace[place] = 0;
      output.push(frames.request(nextStream, message));
      nextStream += 2;
      inFlight += 1;
      return true;
    },
    flush() {
      if (output.length === 0) return;
      socket.write(output.length === 1 ? (output[0] ?? none) : Buffer.concat(output));
      output = [];
    },
    inFlight: () => inFlight,
    close: () => socket.destroy(),
  };
}

function isGood(bytes: number, { answerBytes }: UnaryCall): boolean {
  if (answerBytes === undefined) return bytes > messageHeadBytes;
  return bytes === answerBytes + messageHeadBytes;
}

function connectTls({ port, tls }: UnaryCall, listener: UnaryListener): Promise<TLSSocket> {
  return new Promise((resolve, reject) => {
    const options = { host: "localhost", servername: "localhost", port, ...tls };
    const socket = connect({ ...options, ALPNProtocols: ["h2"] }, () => {
      socket.setNoDelay(true);
      if (socket.alpnProtocol === "h2") resolve(socket);
      else reject(new Error(`the server speaks ${socket.alpnProtocol}, not h2`));
    });
    socket.on("error", (error) => {
      reject(error);
      listener.failed(error);
    });
  });
}

function prepareFrames({ headers, message }: UnaryCall) {
  const blocks = encodeHeaders(headers);
  const body = toBody(message);
  const first = encodeRequest(blocks.first, body);
  const later = encodeRequest(blocks.later, body);
  const more = Buffer.alloc(4);
  more.writeUInt32BE(receiveWindowMore);
  const plain = { flags: 0, stream: 0 };
  const { settings, windowUpdate } = frameTypes;
  return {
    messageBytes: body.length,
    settings: encodeFrame({ ...plain, type: settings, payload: none }),
    settingsAcknowledged: encodeFrame({
      ...plain,
      type: settings,
      flags: flags.acknowledge,
      payload: none,
    }),
    receiveWindow: encodeFrame({ ...plain, type: windowUpdate, payload: more }),
    request(stream: number, message: Uint8Array | undefined): Buffer {
      const usual = stream === 1 ? first : later;
      const { bytes, dataAt } =
        message === undefined ? usual : encodeRequest(usual.block, toBody(message));
      const own = message === undefined ? Buffer.from(bytes) : bytes;
      own.writeUInt32BE(stream, 5);
      own.writeUInt32BE(stream, dataAt + 5);
      return own;
    },
  };
}

function toBody(message: Uint8Array): Buffer {
  const head = Buffer.alloc(messageHeadBytes);
  head.writeUInt32BE(message.length, 1);
  return Buffer.concat([head, message]);
}

type EncodedRequest = { readonly block: Buffer; readonly bytes: Buffer; readonly dataAt: number };

function encodeRequest(block: Buffer, body: Buffer): EncodedRequest {
  const { headers, data } = frameTypes;
  const head = encodeFrame({ type: headers, flags: flags.endHeaders, stream: 0, payload: block });
  const tail = encodeFrame({ type: data, flags: flags.endStream, stream: 0, payload: body });
  return { block, bytes: Buffer.concat([head, tail]), dataAt: head.length };
}
