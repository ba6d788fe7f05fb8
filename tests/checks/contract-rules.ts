import {
  type DescField,
  type DescFile,
  type DescMessage,
  type DescMethod,
  getOption,
  hasOption,
} from "@bufbuild/protobuf";
import {
  field as fieldRules,
  oneof as oneofRules,
} from "@carehub/contracts/gen/buf/validate/validate_pb.ts";
import {
  FieldBehavior,
  field_behavior,
} from "@carehub/contracts/gen/google/api/field_behavior_pb.ts";
import { methodsWithoutAccess } from "@carehub/grpc/access";

const packageOptions = ["javaPackage", "csharpNamespace", "goPackage"] as const;
const noSideEffects = 1;

/** What a file of the contracts lacks, as sentences: package options, access, request ids, actors, rules. */
export function contractProblems(file: DescFile): string[] {
  const { options } = file.proto;
  const problems = packageOptions
    .filter((name) => (options?.[name] ?? "") === "")
    .map((name) => `${file.name}.proto has no ${name}`);
  if (options?.javaMultipleFiles !== true) {
    problems.push(`${file.name}.proto has no javaMultipleFiles`);
  }
  for (const method of methodsWithoutAccess(file.services)) {
    problems.push(`${method} does not say who may call it`);
  }
  for (const method of file.services.flatMap(({ methods }) => methods)) {
    problems.push(...mutationProblems(method), ...ruleProblems(method.input));
  }
  return problems;
}

function mutationProblems(method: DescMethod): string[] {
  const level = method.proto.options?.idempotencyLevel ?? 0;
  const name = `${method.parent.typeName}/${method.name}`;
  if (level === noSideEffects) return [];
  const fields = new Set(method.input.fields.map((each) => each.name));
  // A reading that leaves a record changes nothing that a repeat could double: it needs the person only.
  const needed = method.name.startsWith("Get") ? ["actor"] : ["actor", "request_id"];
  return needed.filter((each) => !fields.has(each)).map((each) => `${name} has no ${each}`);
}

/** The fields of a request, however deep, that nothing is checked of. */
function ruleProblems(message: DescMessage, seen = new Set<string>()): string[] {
  if (seen.has(message.typeName)) return [];
  seen.add(message.typeName);
  return message.fields.flatMap((each) => {
    if (isOutput(each)) return [];
    const deeper = each.message?.typeName.startsWith("carehub.")
      ? ruleProblems(each.message, seen)
      : [];
    return isChecked(each) ? deeper : [`${message.typeName}.${each.name} has no rule`, ...deeper];
  });
}

function isChecked(each: DescField): boolean {
  // Without a limit a few bytes an item keep a service busy for long: every list has one.
  if (each.fieldKind === "list") return isBounded(each);
  const isBool = each.fieldKind === "scalar" && each.scalar === 8;
  // What is left out of an optional message of ours needs no rule; what is in it has its own.
  const isOptionalMessage =
    each.message?.typeName.startsWith("carehub.") === true && behaves(each, FieldBehavior.OPTIONAL);
  const isInOneof = each.oneof !== undefined && hasOption(each.oneof, oneofRules);
  return isBool || isInOneof || isOptionalMessage || hasOption(each, fieldRules);
}

function isBounded(each: DescField): boolean {
  const { type } = getOption(each, fieldRules);
  return type.case === "repeated" && type.value.maxItems > 0n;
}

/** What a client sends there is not read. */
function isOutput(each: DescField): boolean {
  return behaves(each, FieldBehavior.OUTPUT_ONLY);
}

function behaves(each: DescField, behavior: FieldBehavior): boolean {
  return hasOption(each, field_behavior) && getOption(each, field_behavior).includes(behavior);
}
