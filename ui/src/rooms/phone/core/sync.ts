/** What a phone fetches to take along: the list of doors, the forms they need, evidence on request. */
import { remember, type PhoneStore } from "./database";
import { askJson, request, type Asked } from "./net";
import type { KeptForm, KeptList, Listed, Said, Trouble } from "./records";
import { answered, failure, lost } from "./verdict";

/** Evidence is gone from the phone after a day at the latest. */
export const EVIDENCE_MS = 86_400_000;

export interface Programme {
  name: string;
  version: string;
  title: Said;
  script: Said;
  purposes: { code: string; text: Said }[];
  claim: { lease_hours: number; most: number };
}

type Fetched = { at: string; own?: Listed[]; claimable?: Listed[]; more: boolean };

export async function fetchDoors(store: PhoneStore, language: string): Promise<Exclude<Asked<null>, { kind: "refused" }> | { kind: "refused"; trouble: Trouble }> {
  const got = await askJson<Fetched>("/api/v1/me/tasks", { headers: { "Accept-Language": language } });
  if (got.kind !== "told") return got;
  const { at, own = [], claimable = [], more } = got.data;
  if (typeof at !== "string" || !Array.isArray(own)) return lost() as Asked<null>;
  const kept: KeptList = { key: "tasks", at, fetched: Date.now(), own, claimable, more };
  await store.lists.put(kept);
  await dropEvidence(store, kept);
  await fetchForms(store, [...new Set([...own, ...claimable].map((one) => one.programme))], language);
  return { kind: "told", data: null };
}

/** The forms of some programmes, and what their packs say; what is here already is asked for no more than it must. */
async function fetchForms(store: PhoneStore, wanted: string[], language: string): Promise<void> {
  if (!wanted.length) return;
  const catalogue = await askJson<(Programme & { digest: string })[]>("/api/v1/programmes", { headers: { "Accept-Language": language } });
  if (catalogue.kind !== "told") return;
  const packs = catalogue.data.filter((one) => wanted.includes(one.name));
  for (const pack of packs) {
    const known = (await store.words.get(`digest ${pack.name}`))?.value;
    const there = await store.forms.where("programme").equals(pack.name).filter((one) => one.current).count();
    await remember(store, `pack ${pack.name}`, pack);
    if (known === pack.digest && there) continue;
    const response = await request(`/api/v1/programmes/${encodeURIComponent(pack.name)}/form`);
    if (!response?.ok || !(response.headers.get("content-type") ?? "").includes("xml")) continue;
    await keepForm(store, pack.name, await response.text());
    await remember(store, `digest ${pack.name}`, pack.digest);
  }
  await forgetForms(store);
}

/** A form that has changed takes the place of the one before; drafts keep theirs. */
export async function keepForm(store: PhoneStore, programme: string, xml: string): Promise<KeptForm> {
  const made: KeptForm = { hash: await hashOf(xml), programme, xml, fetched: Date.now(), current: true };
  await store.transaction("rw", store.forms, async () => {
    await store.forms.where("programme").equals(programme).modify({ current: false });
    await store.forms.put(made);
  });
  return made;
}

export async function currentForm(store: PhoneStore, programme: string): Promise<KeptForm | null> {
  return (await store.forms.where("programme").equals(programme).filter((one) => one.current).first()) ?? null;
}

/** Forms that no draft needs and that are current no more. */
export async function forgetForms(store: PhoneStore): Promise<void> {
  const drafts = await store.entries.where("state").equals("draft").toArray();
  const needed = new Set(drafts.map((one) => one.form.hash));
  await store.forms.filter((one) => !one.current && !needed.has(one.hash)).delete();
}

/** A name for a form's bytes. SHA-256 where the page may; else a hash that is enough to tell forms apart. */
export async function hashOf(text: string): Promise<string> {
  if (globalThis.crypto?.subtle) {
    const bytes = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text));
    return [...new Uint8Array(bytes)].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  }
  let [high, low] = [0xdeadbeef, 0x41c6ce57];
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    high = Math.imul(high ^ code, 2654435761);
    low = Math.imul(low ^ code, 1597334677);
  }
  return `${(high >>> 0).toString(16)}${(low >>> 0).toString(16)}-${text.length}`;
}

export interface Opened {
  evidence: Said | null;
  against: Said | null;
}

/** Open a home by its evidence: the server logs it, with the purpose, before it answers. */
export async function openHome(
  store: PhoneStore, place_id: string, campaign_id: string, purpose: string, csrf: string | null, language: string,
): Promise<Asked<Opened>> {
  const response = await request(`/api/v1/homes/${encodeURIComponent(place_id)}/openings`, {
    method: "POST",
    headers: { "Accept-Language": language, "Content-Type": "application/json", ...(csrf ? { "X-CSRF-Token": csrf } : {}) },
    body: JSON.stringify({ step: "evidence", campaign_id, purpose }),
  });
  if (!response) return lost() as Asked<Opened>;
  if (!response.ok) return failure(await answered(response)) as Asked<Opened>;
  const said = (await response.json().catch(() => ({}))) as Partial<Opened>;
  const opened: Opened = { evidence: said.evidence ?? null, against: said.against ?? null };
  await store.evidence.put({ key: evidenceKey(place_id, campaign_id), place_id, campaign_id, opened: Date.now(), ...opened });
  return { kind: "told", data: opened };
}

export function evidenceKey(place_id: string, campaign_id: string): string {
  return `${campaign_id} ${place_id}`;
}

/** Evidence goes with its day, its campaign, and with the door when it is no longer one's own. */
export async function dropEvidence(store: PhoneStore, list: KeptList | null = null, now = Date.now()): Promise<void> {
  const held = list && new Set(list.own.map((one) => evidenceKey(one.place.id, one.task.campaign_id)));
  await store.evidence
    .filter((one) => one.opened <= now - EVIDENCE_MS || one.opened > now + EVIDENCE_MS || (held !== null && !held.has(one.key)))
    .delete();
}
