import type { DescMessage, MessageShape } from "@bufbuild/protobuf";
import type { Call } from "@carehub/grpc/call";
import type { CourseCommand } from "../app/course-commands.ts";
import { parseCourseName } from "../domain/names.ts";
import { type NamedMutation, namedCommand } from "./commands.ts";
import { courseResponder } from "./course-message.ts";

/** What every command on a course needs; it is answered by the course as it is then. */
export function courseCommand<Schema extends DescMessage>(
  schema: Schema,
  response: DescMessage,
  asked: { readonly request: MessageShape<Schema> & NamedMutation; readonly call: Call },
): CourseCommand {
  const { name, ...command } = namedCommand(schema, asked, courseResponder(response));
  return { ...command, id: parseCourseName(name) };
}
