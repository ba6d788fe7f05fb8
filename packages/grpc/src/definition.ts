import {
  create,
  type DescMessage,
  type DescMethod,
  type DescMethodServerStreaming,
  type DescMethodUnary,
  fromBinary,
  type MessageInitShape,
  type MessageShape,
  toBinary,
} from "@bufbuild/protobuf";
import { invalidField } from "@carehub/rules/ids";
import type { MethodDefinition } from "@grpc/grpc-js";

/**
 * A response as a handler gives it: the message, what makes it, or the bytes of an earlier answer.
 */
export type Response<Schema extends DescMessage> = MessageInitShape<Schema> | Uint8Array;

/**
 * What grpc-js registers for a method. It hands on bytes both ways: decoding is a step of our
 * chain, so that garbage is an INVALID_ARGUMENT with details, inside the span and after the
 * identity.
 */
export function definitionOf(method: DescMethod): MethodDefinition<Buffer, Buffer> {
  return {
    path: pathOf(method),
    requestStream:
      method.methodKind === "client_streaming" || method.methodKind === "bidi_streaming",
    responseStream:
      method.methodKind === "server_streaming" || method.methodKind === "bidi_streaming",
    requestSerialize: sameBytes,
    requestDeserialize: sameBytes,
    responseSerialize: sameBytes,
    responseDeserialize: sameBytes,
  };
}

/** Says whether a method takes one message and gives one. */
export function isUnary(method: DescMethod): method is DescMethodUnary {
  return method.methodKind === "unary";
}

/** Says whether a method takes one message and gives many, the only other kind that we serve and call. */
export function isServerStreaming(method: DescMethod): method is DescMethodServerStreaming {
  return method.methodKind === "server_streaming";
}

/** The path of a method on the wire: `/carehub.intake.v1.ReferralService/SubmitReferral`. */
export function pathOf(method: DescMethod): string {
  return `/${nameOf(method)}`;
}

/** The full name of a method, as logs and spans say it. */
export function nameOf(method: DescMethod): string {
  return `${method.parent.typeName}/${method.name}`;
}

/** Decodes a request; bytes that are not one fail with INVALID_FIELD, fields that we do not know are dropped. */
export function decodeRequest<Schema extends DescMessage>(
  schema: Schema,
  bytes: Uint8Array,
): MessageShape<Schema> {
  try {
    return fromBinary(schema, bytes, { readUnknownFields: false });
  } catch {
    throw invalidField("request", `is not a ${schema.typeName}`);
  }
}

/** Encodes a message, or what makes it; bytes pass as they are. */
export function encode<Schema extends DescMessage>(
  schema: Schema,
  message: Response<Schema>,
): Buffer {
  const bytes = message instanceof Uint8Array ? message : toBytes(schema, message);
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

function toBytes<Schema extends DescMessage>(
  schema: Schema,
  message: MessageInitShape<Schema>,
): Uint8Array {
  return toBinary(schema, create(schema, message));
}

function sameBytes(bytes: Buffer): Buffer {
  return bytes;
}
