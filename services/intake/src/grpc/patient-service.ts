import type { MessageInitShape } from "@bufbuild/protobuf";
import { fromBinary } from "@bufbuild/protobuf";
import {
  type IdentityDisclosureSchema,
  PurposeOfUse,
} from "@carehub/contracts/gen/carehub/intake/v1/patient_pb.ts";
import {
  type GetPatientIdentityRequest,
  GetPatientIdentityResponseSchema,
  PatientService,
} from "@carehub/contracts/gen/carehub/intake/v1/patient_service_pb.ts";
import type { Call } from "@carehub/grpc/call";
import { toTimestamp } from "@carehub/grpc/instants";
import { type Implementation, implement } from "@carehub/grpc/serve";
import type { Actor } from "@carehub/rules/caller";
import type { Reader } from "../app/disclosures.ts";
import type { IntakeApp } from "../app/intake-app.ts";
import { toActor, toReferralId } from "./command.ts";
import { nameOf } from "./submit-input.ts";

/** The API of what is sealed: every reading names its purpose and leaves a record. */
export function patientService({ disclosures }: IntakeApp): Implementation {
  return implement(PatientService, {
    getPatientIdentity: async (request, call) => {
      const id = toReferralId(request.name);
      const { identity, disclosure } = await disclosures.identity(id, toReader(request, call));
      // What was sealed is the response itself, but for the record of this reading.
      return { ...fromBinary(GetPatientIdentityResponseSchema, identity), disclosure };
    },
    getClinicalRecord: async (request, call) => {
      const id = toReferralId(request.name);
      const record = await disclosures.clinicalRecord(id, toReader(request, call));
      return {
        clinicalSummary: record.summary,
        documents: record.documents.map(({ document, title }, index) => {
          const { code, sha256, mediaType } = document;
          return { number: index + 1, code, title, sha256, mediaType };
        }),
        notes: record.notes.map(({ note, text }) => {
          const { kind, author, writtenAt } = note;
          return { kind, text, author, createTime: toTimestamp(writtenAt) };
        }),
        disclosure: record.disclosure,
      };
    },
    listIdentityDisclosures: async ({ name, pageSize: size, pageToken: token }, { caller }) => {
      const page = await disclosures.list(toReferralId(name), { size, token }, caller);
      const told = page.entries.map(
        (entry): MessageInitShape<typeof IdentityDisclosureSchema> => ({
          name: `${name}/disclosures/${entry.id}`,
          reader: entry.reader,
          // Written by this service, from an actor that validation had passed.
          actor: entry.actor as Actor,
          purposeOfUse: purposes.get(entry.purpose) ?? PurposeOfUse.UNSPECIFIED,
          content: entry.content,
          createTime: toTimestamp(entry.createdAt),
          traceId: entry.traceId,
        }),
      );
      return { disclosures: told, nextPageToken: page.nextToken };
    },
  });
}

const purposes: ReadonlyMap<string, PurposeOfUse> = new Map(Object.entries(PurposeOfUse));

type ReadRequest = Pick<GetPatientIdentityRequest, "purposeOfUse" | "actor">;

function toReader({ purposeOfUse, actor }: ReadRequest, { caller, traceId }: Call): Reader {
  return { caller, actor: toActor(actor), purpose: nameOf(PurposeOfUse, purposeOfUse), traceId };
}
