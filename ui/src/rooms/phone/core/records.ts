/** What a phone keeps of its owner, as it lies in the browser's store. */
import type { components } from "@/api/schema";

type Schemas = components["schemas"];
export type Listed = Schemas["Listed"];
export type Said = Schemas["Text"];
export type Place = Schemas["Place"];

/**
 * draft → queued → sending → received | set_aside | refused.
 *
 * `sending` is written before the first byte leaves, so that what was cut off is known to have been
 * under way and goes again, under the same instance id. Nothing but `received` and `set_aside`
 * says that the server has it.
 */
export type EntryState = "draft" | "queued" | "sending" | "received" | "set_aside" | "refused";

/** The server's receipt, as far as the phone needs it. */
export interface Receipt {
  inbox_id: string;
  instance_id: string | null;
  state: string;
  received_at: string;
  duplicate: boolean;
  problem: string | null;
  submission_id: string | null;
  outcome: string | null;
  flags: string[];
}

export interface Trouble {
  code: string;
  title: string;
  detail: string;
}

/** Of a task what must be known to show, finish and send a note when the list has gone. */
export interface Door {
  task_id: string;
  version: number;
  programme: string;
  campaign_id: string;
  campaign_code: string;
  title: Said;
  place: Place;
  building: Place | null;
}

/** One note: a form that is being filled in, waits, or was sent. */
export interface Entry {
  /** Its instance id, `uuid:…`: the same however often it is sent. */
  id: string;
  /** Grows with each note and act of this phone, whatever its clock says: the oldest goes first. */
  order: number;
  state: EntryState;
  door: Door;
  form: { hash: string; id: string; version: string };
  /** Its place in the branch of changes that this phone made to the task. */
  branch: { id: string; base: number; trunk: number };
  answers: Record<string, string>;
  /** Written once, when it is done; what is sent, byte for byte. */
  xml: string | null;
  /** Said by one tap: it may be taken back while it is held. */
  quick: boolean;
  started_at: string;
  changed_at: string;
  queued_at: string | null;
  /** Not before: for taking back, and after a failure. Milliseconds of this phone's own clock. */
  not_before: number;
  attempts: number;
  trouble: Trouble | null;
  receipt: Receipt | null;
  settled_at: number | null;
}

export interface Photo {
  id: string;
  entry: string;
  path: string;
  name: string;
  type: string;
  /** Bytes rather than a Blob: WebKit has lost blobs of a page that was killed. */
  bytes: ArrayBuffer;
  sent: boolean;
}

export type ActKind = "claim" | "release" | "not-executable";

/** Something said of a task without a form; it waits like a note. `id` is its idempotency key. */
export interface Act {
  id: string;
  order: number;
  kind: ActKind;
  state: "queued" | "sending" | "done" | "refused";
  door: Door;
  reason: string;
  made_at: string;
  not_before: number;
  attempts: number;
  trouble: Trouble | null;
  claimed_until: string | null;
  settled_at: number | null;
}

export interface KeptList {
  key: "tasks";
  /** When the server wrote it, and when this phone got it (its own clock). */
  at: string;
  fetched: number;
  own: Listed[];
  claimable: Listed[];
  more: boolean;
}

export interface KeptForm {
  hash: string;
  programme: string;
  xml: string;
  fetched: number;
  current: boolean;
}

/** What the server said of a home when it was opened; gone after a day at the latest. */
export interface KeptEvidence {
  key: string;
  place_id: string;
  campaign_id: string;
  evidence: Said | null;
  against: Said | null;
  opened: number;
}

export interface KeptWord {
  key: string;
  value: unknown;
}

export const UNSENT: readonly EntryState[] = ["queued", "sending", "refused"];
