/** The server, as the phone and its service worker speak to it: few words, each with an end. */
import { early } from "@/api/early";
import { learn } from "./clock";
import type { Act, Entry, Photo } from "./records";
import { answered, failure, lost, ofSubmission, type Verdict } from "./verdict";

export interface Who {
  person_id: string;
  csrf: string | null;
}

export type Asked<Data> = { kind: "told"; data: Data } | Exclude<Verdict, { kind: "received" }>;

/** What the sender needs of the network; tests have one of their own. */
export interface Net {
  who(): Promise<Asked<Who>>;
  submit(entry: Entry, photos: Photo[], csrf: string | null): Promise<Verdict>;
  act(act: Act, csrf: string | null): Promise<Asked<{ claimed_until: string | null }>>;
}

const SHORT_MS = 20_000;
/** A slow line carries about this much in a second. */
const SLOWEST_BYTES = 2_000;

export async function request(path: string, init: RequestInit = {}, most = SHORT_MS): Promise<Response | null> {
  const begun = init.method ? null : early(path, new Headers(init.headers).get("Accept-Language") ?? "");
  const asked = begun?.asked ?? Date.now();
  const end = new AbortController();
  const timer = setTimeout(() => end.abort(), most);
  try {
    const response = await (begun?.answer ?? fetch(path, { credentials: "same-origin", redirect: "error", cache: "no-store", ...init, signal: end.signal }));
    learn(response, asked);
    // The body is part of the time, and of what can be cut off.
    const body = await response.arrayBuffer();
    return new Response([204, 304].includes(response.status) ? null : body, { status: response.status, headers: response.headers });
  } catch {
    return null;
  } finally {
    clearTimeout(timer);
  }
}

export async function askJson<Data>(path: string, init: RequestInit = {}): Promise<Asked<Data>> {
  const response = await request(path, init);
  if (!response) return lost() as Asked<Data>;
  if (response.ok && (response.headers.get("content-type") ?? "").includes("json")) {
    const body: unknown = await response.json().catch(() => null);
    if (body !== null) return { kind: "told", data: body as Data };
  }
  return failure(await answered(response)) as Asked<Data>;
}

/** `language` is asked for at each call: it may change while notes wait. */
export function netIn(language: () => string): Net {
  const dressed = (csrf: string | null, more: Record<string, string> = {}) => ({
    "Accept-Language": language(), ...(csrf ? { "X-CSRF-Token": csrf } : {}), ...more,
  });
  return {
    who: () => askJson<Who>("/api/v1/me", { headers: dressed(null) }),

    async submit(entry, photos, csrf) {
      const form = new FormData();
      form.append("submission", new Blob([entry.xml ?? ""], { type: "text/xml" }), "submission.xml");
      for (const one of photos) form.append(one.name, new Blob([one.bytes], { type: one.type }), one.name);
      const bytes = photos.reduce((all, one) => all + one.bytes.byteLength, entry.xml?.length ?? 0);
      const response = await request(
        "/api/v1/submissions", { method: "POST", body: form, headers: dressed(csrf) }, SHORT_MS + (1000 * bytes) / SLOWEST_BYTES,
      );
      return response ? ofSubmission(await answered(response), entry.id) : lost();
    },

    act: (act, csrf) =>
      askJson(`/api/v1/tasks/${encodeURIComponent(act.door.task_id)}/${act.kind}`, {
        method: "POST",
        headers: dressed(csrf, { "Content-Type": "application/json", "Idempotency-Key": act.id }),
        ...(act.kind === "claim" ? {} : { body: JSON.stringify({ reason: act.reason }) }),
      }),
  };
}
