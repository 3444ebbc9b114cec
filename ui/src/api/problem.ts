/** Problems as the server tells them (RFC 9457), and the one that means: no server. */
import type { components } from "@/api/schema";

type Told = components["schemas"]["ProblemBody"];

/** As the server describes it; what a page tells of itself has the first two alone. */
export type ProblemBody = Pick<Told, "code" | "title"> & Partial<Told> & Record<string, unknown>;

export class Problem extends Error {
  readonly code: string;
  readonly detail: string;
  readonly status: number;
  readonly body: ProblemBody;

  constructor(body: ProblemBody, status: number) {
    super(body.title);
    this.name = "Problem";
    this.code = body.code;
    this.detail = body.detail ?? "";
    this.status = status;
    this.body = body;
  }

  /** Nobody answered: the same may go through later. */
  get lost(): boolean {
    return this.status === 0;
  }

  /** Asking again, later, may help without changing anything. */
  get passing(): boolean {
    return this.status === 0 || this.status === 429 || this.status >= 500;
  }
}

export const LOST = "client.lost";

export function lost(): Problem {
  return new Problem({ code: LOST, title: LOST }, 0);
}

export function problemOf(fault: unknown): Problem {
  if (fault instanceof Problem) return fault;
  // fetch says "TypeError" for whatever kept it from an answer.
  if (fault instanceof TypeError || (fault instanceof DOMException && fault.name !== "AbortError")) return lost();
  throw fault;
}
