/** Parts over HTTP, with their hash; XMLHttpRequest, since fetch can't say how much has gone. */
import { api, ask, headers } from "@/api/client";
import { Problem, lost, type ProblemBody } from "@/api/problem";
import type { Announced, Ways } from "./sending";

/** Larger files are not hashed as a whole beforehand: that would read them into memory. */
const HASHED = 128 << 20;
const REMEMBERED = "lamplit.uploads";

async function sha256(blob: Blob): Promise<Uint8Array | null> {
  // Plain HTTP on another host than loopback has no `subtle`; the parts then go without a hash.
  if (!globalThis.crypto?.subtle) return null;
  return new Uint8Array(await crypto.subtle.digest("SHA-256", await blob.arrayBuffer()));
}

export async function hashOf(file: Blob): Promise<string | null> {
  if (file.size > HASHED) return null;
  const found = await sha256(file);
  return found && [...found].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

const mark = (file: Blob & { name: string; lastModified?: number }) => `${file.name}|${file.size}|${file.lastModified ?? 0}`;

function remembered(): Record<string, string> {
  try {
    return JSON.parse(localStorage.getItem(REMEMBERED) ?? "{}") as Record<string, string>;
  } catch {
    return {};
  }
}

export function remember(file: Blob & { name: string }, id: string | null): void {
  const all = remembered();
  if (id) all[mark(file)] = id;
  else Reflect.deleteProperty(all, mark(file));
  try {
    localStorage.setItem(REMEMBERED, JSON.stringify(all));
  } catch {
    // Without storage a large file that broke off begins anew.
  }
}

/** As announced before, or announced now. */
async function begin(file: Blob & { name: string }): Promise<Announced> {
  const before = remembered()[mark(file)];
  if (before) {
    try {
      return await look(before);
    } catch (fault) {
      if (!(fault instanceof Problem) || fault.passing) throw fault;
      remember(file, null); // It was read meanwhile, or let go.
    }
  }
  const digest = await hashOf(file);
  const made = await ask(api.POST("/api/v1/imports", { body: { name: file.name, size: file.size, ...(digest ? { sha256: digest } : {}) } }));
  if (!digest) remember(file, made.id);
  return made;
}

const look = (id: string): Promise<Announced> => ask(api.GET("/api/v1/imports/{import_id}", { params: { path: { import_id: id } } }));

async function put(id: string, number: number, part: Blob, sent: (bytes: number) => void, signal: AbortSignal): Promise<void> {
  const digest = await sha256(part);
  await new Promise<void>((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.open("PUT", `/api/v1/imports/${encodeURIComponent(id)}/parts/${number}`);
    for (const [name, value] of Object.entries(headers("PUT"))) request.setRequestHeader(name, value);
    request.setRequestHeader("Content-Type", "application/octet-stream");
    if (digest) request.setRequestHeader("Content-Digest", `sha-256=:${btoa(String.fromCharCode(...digest))}:`);
    request.upload.onprogress = (event) => sent(event.loaded);
    request.onload = () => (request.status < 300 ? resolve() : reject(refused(request)));
    request.onerror = request.ontimeout = request.onabort = () => reject(lost());
    signal.addEventListener("abort", () => request.abort(), { once: true });
    request.send(part);
  });
}

function refused(request: XMLHttpRequest): Problem {
  try {
    const body = JSON.parse(request.responseText) as ProblemBody;
    if (body.code) return new Problem(body, request.status);
  } catch {
    // No problem of ours: a proxy spoke.
  }
  return request.status >= 500 ? lost() : new Problem({ code: `http.${request.status}`, title: `HTTP ${request.status}` }, request.status);
}

/** So long, or until the browser says that it is online again. */
function wait(milliseconds: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      clearTimeout(timer);
      window.removeEventListener("online", done);
      signal.removeEventListener("abort", done);
      resolve();
    };
    const timer = window.setTimeout(done, milliseconds);
    window.addEventListener("online", done);
    signal.addEventListener("abort", done);
  });
}

export const overHttp: Ways = { begin, look, put, wait };
