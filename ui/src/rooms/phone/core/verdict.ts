/** What an answer means for what was sent: nothing but a receipt of ours says that it arrived. */
import type { Receipt, Trouble } from "./records";

export type Verdict =
  | { kind: "received"; receipt: Receipt }
  | { kind: "sign_in" }
  /** It may go through later as it is. `after` in milliseconds, where the server named a time. */
  | { kind: "wait"; trouble: Trouble; after: number | null; line: boolean }
  /** It will not go through as it is; somebody has to look. */
  | { kind: "refused"; trouble: Trouble };

export const LOST: Trouble = { code: "client.lost", title: "", detail: "" };
/** Somebody else answered: a hotel's or a shop's sign-in page. */
export const PORTAL: Trouble = { code: "client.portal", title: "", detail: "" };

const FINAL = [400, 409, 413, 415, 422];

export interface Answered {
  status: number;
  body: unknown;
  retryAfter: string | null;
}

export async function answered(response: Response): Promise<Answered> {
  const body: unknown = await response.json().catch(() => null);
  return { status: response.status, body, retryAfter: response.headers.get("retry-after") };
}

/** Of a submission. Only 201 and 202 with a receipt for this very note count. */
export function ofSubmission(answer: Answered, instanceId: string): Verdict {
  const { status, body } = answer;
  if (status === 201 || status === 202) {
    const receipt = body as Partial<Receipt> | null;
    const ours = receipt?.inbox_id && (receipt.instance_id === instanceId || receipt.instance_id === null);
    return ours ? { kind: "received", receipt: { ...(receipt as Receipt), flags: receipt.flags ?? [] } } : portal();
  }
  return failure(answer);
}

/** Of anything else that was asked: a problem of ours is final, everything else waits. */
export function failure(answer: Answered): Verdict {
  const { status } = answer;
  const trouble = troubleOf(answer.body);
  if (status === 401) return { kind: "sign_in" };
  if (!trouble) return portal();
  if (FINAL.includes(status)) return { kind: "refused", trouble };
  const seconds = Number(answer.retryAfter);
  return { kind: "wait", trouble, after: seconds > 0 ? seconds * 1000 : null, line: false };
}

export function lost(): Verdict {
  return { kind: "wait", trouble: LOST, after: null, line: true };
}

function portal(): Verdict {
  return { kind: "wait", trouble: PORTAL, after: null, line: true };
}

export function troubleOf(body: unknown): Trouble | null {
  const problem = body as { code?: unknown; title?: unknown; detail?: unknown } | null;
  if (typeof problem?.code !== "string") return null;
  return { code: problem.code, title: String(problem.title ?? problem.code), detail: String(problem.detail ?? "") };
}
