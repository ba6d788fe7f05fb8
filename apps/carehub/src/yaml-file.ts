import {
  type DescField,
  type DescMessage,
  fromJson,
  type JsonObject,
  type JsonValue,
  type MessageShape,
} from "@bufbuild/protobuf";
import {
  type Document,
  isAlias,
  isMap,
  isScalar,
  isSeq,
  LineCounter,
  type Node,
  parseDocument,
} from "yaml";
import { FileError, type Problem } from "./file-error.ts";

/** A YAML or JSON file whose places are known by their lines. */
export type YamlFile = {
  /** The message that stands at a path of keys; fails with FileError and every field that cannot be read. */
  readonly message: <Schema extends DescMessage>(
    schema: Schema,
    at: readonly string[],
  ) => MessageShape<Schema>;
  /** The line of a field by its path, `resources[2].weekly_openings[0].end`; of what holds it where it is missing. */
  readonly lineOf: (path: string) => number;
};

/** Reads a file; fails with FileError where it is no YAML. */
export function readYaml(file: string, text: string): YamlFile {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines });
  const wrong = document.errors.map(
    ({ pos, message }): Problem => ({
      line: lines.linePos(pos[0]).line,
      field: "",
      description: message.split("\n")[0] ?? message,
    }),
  );
  if (wrong.length > 0) throw new FileError(file, wrong);
  const source: Source = { document, lineOf: (node) => lineOfNode(lines, node) };
  return {
    lineOf: (path) => source.lineOf(find(source, partsOf(path))),
    message: (schema, at) => {
      const node = at.length === 0 ? resolved(source, document.contents) : nodeAt(source, at);
      const problems: Problem[] = [];
      const place = { path: at.join("."), node };
      checkMessage(source, { schema, place, problems });
      if (problems.length > 0) throw new FileError(file, problems);
      return fromJson(schema, node?.toJS(document) as JsonValue);
    },
  };
}

type Source = {
  readonly document: Document;
  readonly lineOf: (node: Node | undefined) => number;
};

type Place = { readonly path: string; readonly node: Node | undefined };

type Checked = {
  readonly schema: DescMessage;
  readonly place: Place;
  readonly problems: Problem[];
};

// Field by field, because a reader of the whole names neither the place nor more than the first.
function checkMessage(source: Source, { schema, place, problems }: Checked): void {
  const { node, path } = place;
  if (!isMap(node)) {
    problems.push({
      line: source.lineOf(node),
      field: path,
      description: `is no ${schema.name}: expected names and values`,
    });
    return;
  }
  for (const { key, value } of node.items) {
    const name = isScalar(key) ? String(key.value) : "";
    const here: Place = {
      path: path === "" ? name : `${path}.${name}`,
      node: resolved(source, value as Node | null),
    };
    const field = fieldOf(schema, name);
    if (field === undefined) {
      const line = source.lineOf(key as Node);
      problems.push({ line, field: here.path, description: `is no field of ${schema.name}` });
    } else {
      checkField(source, { schema, place: here, problems }, field);
    }
  }
}

function checkField(source: Source, checked: Checked, field: DescField): void {
  const { place, problems } = checked;
  const { path, node } = place;
  const inner = field.message;
  if (field.fieldKind === "list" && isSeq(node)) {
    node.items.forEach((item, index) => {
      const at = { path: `${path}[${index}]`, node: resolved(source, item as Node) };
      if (inner !== undefined && !isLeaf(inner)) {
        checkMessage(source, { schema: inner, place: at, problems });
      } else checkLeaf(source, { ...checked, place: at }, { field, inList: true });
    });
    return;
  }
  if (field.fieldKind === "message" && inner !== undefined && !isLeaf(inner)) {
    checkMessage(source, { schema: inner, place, problems });
    return;
  }
  checkLeaf(source, checked, { field, inList: false });
}

function checkLeaf(
  source: Source,
  { schema, place, problems }: Checked,
  { field, inList }: { readonly field: DescField; readonly inList: boolean },
): void {
  const value = place.node?.toJS(source.document) as JsonValue;
  const json: JsonObject = { [field.jsonName]: inList ? [value] : value };
  try {
    fromJson(schema, json);
  } catch {
    const line = source.lineOf(place.node);
    problems.push({ line, field: place.path, description: expected(field, value) });
  }
}

function expected(field: DescField, value: JsonValue): string {
  const found = JSON.stringify(value) ?? "nothing";
  if (field.enum !== undefined) {
    const names = field.enum.values.slice(1).map(({ name }) => name);
    return `is ${found}, not one of ${names.join(", ")}`;
  }
  if (field.message?.typeName === "google.protobuf.Timestamp") {
    return `is ${found}, not a time such as "2026-01-05T04:00:00Z"`;
  }
  return `cannot be ${found}`;
}

function fieldOf(schema: DescMessage, name: string): DescField | undefined {
  return schema.fields.find((field) => field.jsonName === name || field.name === name);
}

// What ProtoJSON writes as one text or number.
function isLeaf({ typeName }: DescMessage): boolean {
  return typeName.startsWith("google.protobuf.");
}

function partsOf(path: string): string[] {
  return path.split(/[.[\]]+/).filter((part) => part !== "");
}

function nodeAt(source: Source, names: readonly string[]): Node | undefined {
  return names.reduce<Node | undefined>(
    (node, name) => childOf(source, node, name),
    resolved(source, source.document.contents),
  );
}

// The node at the path, or the last one on the way to it.
function find(source: Source, parts: readonly string[]): Node | undefined {
  let node = resolved(source, source.document.contents);
  for (const part of parts) {
    const child = childOf(source, node, part);
    if (child === undefined) return node;
    node = child;
  }
  return node;
}

function childOf(source: Source, node: Node | undefined, part: string): Node | undefined {
  if (isSeq(node)) return resolved(source, node.items[Number(part)] as Node | undefined);
  if (!isMap(node)) return undefined;
  const pair = node.items.find(
    ({ key }) => isScalar(key) && (key.value === part || key.value === camel(part)),
  );
  return resolved(source, pair?.value as Node | undefined);
}

function camel(name: string): string {
  return name.replace(/_([a-z0-9])/g, (_, letter: string) => letter.toUpperCase());
}

function resolved(
  { document }: Pick<Source, "document">,
  node: Node | null | undefined,
): Node | undefined {
  if (node === null || node === undefined) return undefined;
  return isAlias(node) ? node.resolve(document) : node;
}

function lineOfNode(lines: LineCounter, node: Node | undefined): number {
  return node?.range == null ? 0 : lines.linePos(node.range[0]).line;
}
