/**
 * The API, typed from its OpenAPI document.
 *
 *     const { items } = await ask(api.GET("/api/v1/campaigns", {}));
 *     await ask(api.POST("/api/v1/tasks/{task_id}/claim", { params: { path: { task_id } } }));
 *
 * `ask` gives the body of a good answer and throws a `Problem` otherwise. Every POST bears an
 * idempotency key, so that a reply that was lost can be asked for again: `twice` does.
 */
import createClient, { type Middleware } from "openapi-fetch";
import type { components, paths } from "@/api/schema";
import { early } from "@/api/early";
import { Problem, lost, problemOf, type ProblemBody } from "@/api/problem";
import { language } from "@/language/i18n";

export type Schemas = components["schemas"];
export type { paths };

let csrf: string | null = null;
let onSignedOut: () => void = () => undefined;
let beforeChange: () => Promise<void> = () => Promise.resolve();

/** What the session's changes must bear; `/me` and `/sign-in` tell it. */
export function keepCsrf(value: string | null): void {
  csrf = value;
}

/** What is asked for before a change where no such word is known: a device that began without a signal has none. */
export function whenUntold(then: () => Promise<void>): void {
  beforeChange = then;
}

export function whenSignedOut(then: () => void): void {
  onSignedOut = then;
}

/** 128 random bits; `crypto.randomUUID` is not there on plain HTTP beyond loopback. */
function once(): string {
  return [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

export function headers(method: string): Record<string, string> {
  const made: Record<string, string> = { "Accept-Language": language() };
  if (method !== "GET" && csrf) made["X-CSRF-Token"] = csrf;
  if (method === "POST") made["Idempotency-Key"] = once();
  return made;
}

const dressed: Middleware = {
  async onRequest({ request }) {
    if (request.method !== "GET" && !csrf) await beforeChange();
    for (const [name, value] of Object.entries(headers(request.method))) {
      if (!request.headers.has(name)) request.headers.set(name, value);
    }
    return request;
  },
};

/** As `fetch`; what was asked for before the scripts were here is not asked for again. */
function asked(request: Request): Promise<Response> {
  const { pathname, search } = new URL(request.url);
  const begun = request.method === "GET" ? early(pathname + search, request.headers.get("Accept-Language") ?? "") : null;
  return begun?.answer ?? fetch(request);
}

export const api = createClient<paths>({ baseUrl: "", credentials: "same-origin", fetch: asked });
api.use(dressed);

interface Answer<Data> {
  data?: Data;
  error?: unknown;
  response: Response;
}

export async function ask<Data>(asked: Promise<Answer<Data>>): Promise<Data> {
  let answer: Answer<Data>;
  try {
    answer = await asked;
  } catch (fault) {
    throw problemOf(fault);
  }
  if (answer.response.ok) return answer.data as Data;
  throw refused(answer.error, answer.response.status);
}

function refused(error: unknown, status: number): Problem {
  const body = error as ProblemBody | undefined;
  const problem = body?.code ? new Problem(body, status) : status >= 500 ? lost() : new Problem({ code: `http.${status}`, title: `HTTP ${status}` }, status);
  if (problem.status === 401) onSignedOut();
  return problem;
}

/** `If-Match` for a version. */
export function decidedOn(version: number): { "If-Match": string } {
  return { "If-Match": `"v${version}"` };
}

/** For what openapi-fetch does not speak (files, multipart, streams): the same manners. */
export async function send(path: string, init: RequestInit & { method: string }): Promise<Response> {
  const response = await fetch(path, {
    credentials: "same-origin",
    ...init,
    headers: { ...headers(init.method), ...(init.headers as Record<string, string> | undefined) },
  }).catch((fault: unknown) => {
    throw problemOf(fault);
  });
  if (response.ok) return response;
  throw refused(await response.json().catch(() => undefined), response.status);
}
