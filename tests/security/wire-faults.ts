import { gzipSync } from "node:zlib";
import type { Seeded } from "./seeded.ts";
import { headersOf, type WireCall } from "./wire.ts";

const mebibyte = 1_048_576;
const large = Buffer.alloc(5 * mebibyte, 0x61);
const bomb = gzipSync(Buffer.alloc(64 * mebibyte));

/** What a service may answer to a message that could be read: it was wrong, or what it names is not there. */
export const ordinary = [
  "INVALID_ARGUMENT",
  "NOT_FOUND",
  "FAILED_PRECONDITION",
  "ALREADY_EXISTS",
  "ABORTED",
  "PERMISSION_DENIED",
];
/** What gRPC says of a stream without a whole message, or with two. */
const unframed = ["UNIMPLEMENTED", "INTERNAL", "INVALID_ARGUMENT", "RESOURCE_EXHAUSTED"];

/** A method to be called wrongly, with a request that would be right. */
export type Target = {
  readonly path: string;
  readonly valid: Uint8Array;
  /** Says whether the rules of the method's proto let bytes pass: they are no fault then. */
  readonly isValid: (bytes: Uint8Array) => boolean;
};

/** A wrong call, and the endings that are right for it. */
export type Fault = { readonly call: WireCall; readonly right: readonly string[] };

type Make = (target: Target, random: Seeded) => Fault;

/** One wrong call; the kind says in what. */
export function aFault(target: Target, random: Seeded): Fault & { readonly kind: string } {
  const kind = random.pick(kinds);
  const make = faults[kind];
  if (make === undefined) throw new Error(`no fault ${kind}`);
  return { kind, ...make(target, random) };
}

const faults: Record<string, Make> = {
  "a length beyond the end": ({ path, valid }, { below }) =>
    post(path, [prefix(valid.length + 1 + below(1_000)), valid], unframed),
  "a length short of the end": (target, { below }) => {
    const short = target.valid.subarray(0, below(target.valid.length || 1));
    const body = [framed(broken(target, short)), target.valid.subarray(short.length)];
    return post(target.path, body, [...ordinary, ...unframed]);
  },
  "a length of four gigabytes": ({ path, valid }) =>
    post(path, [prefix(0xffffffff), valid], ["RESOURCE_EXHAUSTED"]),
  "a prefix cut short": ({ path }, { below, bytes }) => post(path, [bytes(below(5))], unframed),
  "no message": ({ path }) => post(path, [], ["UNIMPLEMENTED"]),
  "two messages": ({ path, valid }) =>
    post(path, [framed(valid), framed(valid)], ["UNIMPLEMENTED"]),
  "the compressed bit on plain bytes": ({ path }, { below, bytes }) =>
    coded(path, "gzip", { flag: 1, body: bytes(1 + below(200)), right: ["INTERNAL"] }),
  "gzip cut short": ({ path, valid }, { below }) => {
    const body = gzipSync(Buffer.concat([valid, Buffer.alloc(64, 1)])).subarray(0, 12 + below(8));
    return coded(path, "gzip", { flag: 1, body, right: ["INTERNAL"] });
  },
  "gzip of 64 MB": ({ path }) =>
    coded(path, "gzip", { flag: 1, body: bomb, right: ["RESOURCE_EXHAUSTED"] }),
  "an encoding nobody knows": ({ path, valid }) =>
    coded(path, "zebra", { flag: 1, body: valid, right: ["UNIMPLEMENTED"] }),
  garbage: ({ path }, { below, bytes }) =>
    post(path, [bytes(5 + below(300))], [...unframed, ...ordinary, "OK"]),
  "garbage in a frame": ({ path }, { below, bytes }) =>
    post(path, [framed(bytes(1 + below(300)))], [...ordinary, "OK"]),
  "a request cut in the middle": (target, { below }) => {
    const cut = target.valid.subarray(0, below(target.valid.length || 1));
    return post(target.path, [framed(broken(target, cut))], ["INVALID_ARGUMENT"]);
  },
  "a flipped byte": (target, { below }) => {
    const bent = Buffer.from(target.valid);
    if (bent.length > 0) bent[below(bent.length)] = below(256);
    return post(target.path, [framed(broken(target, bent))], ["INVALID_ARGUMENT"]);
  },
  "nested groups": ({ path }, { below }) =>
    post(path, [framed(Buffer.alloc(100 + below(60_000), 0x7b))], ["INVALID_ARGUMENT"]),
  "nested messages": ({ path }, { below }) =>
    post(path, [framed(nested(10 + below(5_000)))], [...ordinary, "OK"]),
  "bad UTF-8": ({ path }, { below }) => {
    const bad = Buffer.concat([
      Buffer.from([0x0a, 4 + below(3)]),
      Buffer.from("c328ff8080fe", "hex"),
    ]);
    return post(path, [framed(bad.subarray(0, 2 + (bad[1] ?? 0)))], [...ordinary, "OK"]);
  },
  "U+0000": ({ path }) =>
    post(path, [framed(Buffer.from("\n\u0006a\0b\0c\0", "latin1"))], [...ordinary, "OK"]),
  "5 MB": ({ path }) => post(path, [framed(large)], ["RESOURCE_EXHAUSTED"]),
  "another content type": ({ path, valid }, { pick }) =>
    bent(path, valid, { "content-type": pick(["text/plain", "application/json", "grpc", ""]) }, [
      "HTTP 415",
    ]),
  "another path": ({ path, valid }, { pick }) => {
    const other = pick([
      `${path}s`,
      path.slice(1),
      "/",
      "/a/b/c",
      `/${"x".repeat(2_000)}/y`,
      `${path}/`,
    ]);
    return bent(path, valid, { ":path": other }, ["UNIMPLEMENTED", "RESET"]);
  },
  "another HTTP method": ({ path }, { pick }) =>
    bent(path, undefined, { ":method": pick(["GET", "PUT", "DELETE", "BREW"]) }, [
      "UNIMPLEMENTED",
      "HTTP 405",
      "RESET",
    ]),
  "a timeout that is none": ({ path }, { pick }) =>
    bent(path, undefined, { "grpc-timeout": pick(["", "soon", "-1S", "1Y", "S"]) }, [
      "INTERNAL",
      "UNIMPLEMENTED",
    ]),
  "headers of 60 KB": ({ path }, { pick }) =>
    bent(path, undefined, { "x-large": pick(["a", "é"]).repeat(30_000) }, [
      "RESET",
      "UNIMPLEMENTED",
      "HTTP 431",
    ]),
  "metadata that is no base64": ({ path }, { bytes }) =>
    bent(path, undefined, { "x-bad-bin": `*${bytes(9).toString("hex")}*` }, ["UNIMPLEMENTED"]),
  "a caller that dies in the middle": ({ path, valid }, { below }) => ({
    call: {
      headers: headersOf(path),
      body: [prefix(valid.length + 9), valid.subarray(0, below(9))],
      ends: false,
    },
    right: ["RESET"],
  }),
};

// These cost the machine more than the service: one call in five hundred each.
const rare = ["5 MB", "gzip of 64 MB", "headers of 60 KB"];
const rareInverse = 20;
const usual = Object.keys(faults).filter((kind) => !rare.includes(kind));
const kinds = [...Array.from({ length: rareInverse }, () => usual).flat(), ...rare];

/** The same bytes where they are no valid request; else with a tag before them that no decoder knows. */
function broken({ isValid }: Target, bytes: Uint8Array): Uint8Array {
  return isValid(bytes) ? Buffer.concat([Buffer.of(0x0f), bytes]) : bytes;
}

/** Puts gRPC's five bytes before a message. */
export function framed(message: Uint8Array): Buffer {
  return Buffer.concat([prefix(message.length), message]);
}

function prefix(length: number, flag = 0): Buffer {
  const bytes = Buffer.alloc(5);
  bytes.writeUInt8(flag, 0);
  bytes.writeUInt32BE(length, 1);
  return bytes;
}

function post(path: string, body: readonly Uint8Array[], right: readonly string[]): Fault {
  return { call: { headers: headersOf(path), body, ends: true }, right };
}

function coded(
  path: string,
  encoding: string,
  { flag, body, right }: { flag: number; body: Uint8Array; right: readonly string[] },
): Fault {
  const headers = { ...headersOf(path), "grpc-encoding": encoding };
  return { call: { headers, body: [prefix(body.length, flag), body], ends: true }, right };
}

function bent(
  path: string,
  valid: Uint8Array | undefined,
  headers: Record<string, string>,
  right: readonly string[],
): Fault {
  const body = valid === undefined ? [] : [framed(valid)];
  return { call: { headers: { ...headersOf(path), ...headers }, body, ends: true }, right };
}

/** Messages in field 1 of messages in field 1, and so on: at each depth two bytes of length. */
function nested(depth: number): Buffer {
  let inner = Buffer.alloc(0);
  for (let level = 0; level < depth; level += 1) {
    const length: number[] = [];
    for (let rest = inner.length; ; rest >>>= 7) {
      length.push(rest > 0x7f ? (rest & 0x7f) | 0x80 : rest);
      if (rest <= 0x7f) break;
    }
    inner = Buffer.concat([Buffer.from([0x0a, ...length]), inner]);
  }
  return inner;
}
