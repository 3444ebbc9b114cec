/** The board's sentence: whether the deadline holds, and what to do first. */
import type { Schemas } from "@/api/client";

type Board = Schemas["Board"];

export type Tone = "good" | "warn" | "bad" | "plain";
export interface Headline {
  key: "finished" | "nothingYet" | "noPace" | "onCourse" | "tight" | "behind" | "never" | "past" | "careOn" | "soFar";
  tone: Tone;
  /** Milliseconds to spare (positive) or over (negative), where there is a forecast. */
  spare?: number;
}

/** So many must be done before there is a pace; as the server's `LEAST_DONE`. */
export const LEAST_DONE = 10;

export function headline(board: Board): Headline {
  const now = Date.parse(board.at);
  const deadline = Date.parse(board.campaign.deadline);
  const left = board.enrolled - board.done;
  if (board.enrolled === 0) return { key: "nothingYet", tone: "plain" };
  if (board.recurs) return { key: "careOn", tone: doneOf(board).value < board.expected ? "warn" : "good" };
  if (left === 0) return { key: "finished", tone: "good" };
  if (now > deadline) return { key: "past", tone: "bad", spare: deadline - now };
  const forecast = board.forecast;
  if (!forecast) return board.done < LEAST_DONE ? { key: "noPace", tone: "plain" } : { key: "soFar", tone: board.done < board.expected ? "warn" : "good" };
  if (!forecast.at) return { key: "never", tone: "bad" };
  const spare = deadline - Date.parse(forecast.at);
  if (spare < 0) return { key: "behind", tone: "bad", spare };
  // A band whose late end passes the deadline is no promise.
  const late = forecast.late ? Date.parse(forecast.late) : Infinity;
  return late > deadline ? { key: "tight", tone: "warn", spare } : { key: "onCourse", tone: "good", spare };
}

/** What the bar shows: doors done of those enrolled or, of care that recurs, tasks done of those made. */
export function doneOf(board: Board): { value: number; most: number } {
  if (!board.recurs) return { value: board.done, most: board.enrolled };
  const value = board.counts["tasks_done"] ?? 0;
  return { value, most: Math.max(board.expected, value + (board.counts["tasks_due"] ?? 0)) };
}

/** A stretch of time in its largest unit, rounded: `["hours", 5]`. */
export function stretch(milliseconds: number): ["days" | "hours" | "minutes", number] {
  const minutes = Math.abs(milliseconds) / 60_000;
  if (minutes >= 48 * 60) return ["days", Math.round(minutes / 1440)];
  if (minutes >= 90) return ["hours", Math.round(minutes / 60)];
  return ["minutes", Math.round(minutes)];
}

/** Whether somebody who has tasks in hand has not been heard of for too long on a day of work. */
export function silent(worker: { held: number; last_at: string | null }, now: string, hours = 3): boolean {
  if (worker.held === 0) return false;
  return worker.last_at === null || Date.parse(now) - Date.parse(worker.last_at) > hours * 3_600_000;
}
