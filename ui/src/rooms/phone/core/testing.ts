/** For tests: a server that can be cut off at any point, and a phone's door. */
import type { Net } from "./net";
import type { Act, Door, Entry, Photo } from "./records";
import { LOST, PORTAL, type Verdict } from "./verdict";

export type Line = "good" | "down" | "reply_lost" | "killed" | "portal" | "failing" | "signed_out" | "too_large";

export class Killed extends Error {}

/** As the real one: the same bytes under an id are there once, other bytes are set aside. */
export class ServerInHand implements Net {
  line: Line = "good";
  person = "p1";
  readonly notes = new Map<string, { xml: string; photos: Set<string>; times: number }>();
  readonly acts = new Map<string, { kind: string; times: number }>();
  readonly arrivals: string[] = [];
  quarantines = new Set<string>();
  taken = new Set<string>();

  async who() {
    if (this.line === "down") return lost();
    if (this.line === "killed") throw new Killed();
    if (this.line === "portal") return { kind: "wait" as const, trouble: PORTAL, after: null, line: true };
    if (this.line === "signed_out") return { kind: "sign_in" as const };
    return { kind: "told" as const, data: { person_id: this.person, csrf: "c" } };
  }

  async submit(entry: Entry, photos: Photo[]): Promise<Verdict> {
    if (this.line === "down") return lost();
    if (this.line === "portal") return { kind: "wait", trouble: PORTAL, after: null, line: true };
    if (this.line === "failing") return { kind: "wait", trouble: { code: "web.unavailable", title: "", detail: "" }, after: 1000, line: false };
    if (this.line === "signed_out") return { kind: "sign_in" };
    if (this.line === "too_large") return { kind: "refused", trouble: { code: "web.too-large", title: "too large", detail: "" } };
    const there = this.notes.get(entry.id);
    if (there && there.xml !== entry.xml) throw new Error("two notes under one id");
    if (!there) this.arrivals.push(entry.id);
    this.notes.set(entry.id, {
      xml: entry.xml ?? "", times: (there?.times ?? 0) + 1, photos: new Set([...(there?.photos ?? []), ...photos.map((one) => one.name)]),
    });
    if (this.line === "reply_lost") return lost();
    if (this.line === "killed") throw new Killed();
    return {
      kind: "received",
      receipt: {
        inbox_id: "i", instance_id: entry.id, state: this.quarantines.has(entry.id) ? "quarantined" : "processed", received_at: "",
        duplicate: Boolean(there), problem: null, submission_id: null, outcome: null, flags: [],
      },
    };
  }

  async act(act: Act) {
    if (this.line === "down") return lost();
    if (this.line === "signed_out") return { kind: "sign_in" as const };
    if (this.taken.has(act.door.task_id)) {
      return { kind: "refused" as const, trouble: { code: "task.taken", title: "Somebody else has it", detail: "" } };
    }
    this.acts.set(act.id, { kind: act.kind, times: (this.acts.get(act.id)?.times ?? 0) + 1 });
    if (this.line === "reply_lost") return lost();
    if (this.line === "killed") throw new Killed();
    return { kind: "told" as const, data: { claimed_until: "2026-02-03T12:00:00Z" } };
  }
}

function lost() {
  return { kind: "wait" as const, trouble: LOST, after: null, line: true };
}

export function doorOf(id: string, version = 1): Door {
  return {
    task_id: id, version, programme: "household_sweep", campaign_id: "c", campaign_code: "C",
    title: { en: "Knock and ask", zh: "上门摸排" },
    place: { id: `h-${id}`, kind: "household", code: id, version: 1 } as Door["place"], building: null,
  };
}

/** The same chances for the same seed (mulberry32). */
export function chances(seed: number): () => number {
  let at = seed;
  return () => {
    at = (at + 0x6d2b79f5) | 0;
    let mixed = Math.imul(at ^ (at >>> 15), 1 | at);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}
