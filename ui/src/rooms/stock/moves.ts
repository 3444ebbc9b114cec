/** What kind of move it was, from who gave and who took. */
import type { Schemas } from "@/api/client";

type Move = Schemas["StockMove"];
export type { Move };

export function kindOf(move: Pick<Move, "from_holder" | "to_holder">): "received" | "transferred" | "given" {
  const inside = (holder: string | null) => holder !== null && !holder.startsWith("donor:");
  if (!inside(move.from_holder)) return "received";
  return inside(move.to_holder) ? "transferred" : "given";
}

/** The moves that were taken back, and those that took one back: neither may be reversed again. */
export function settled(moves: readonly Move[]): Set<string> {
  return new Set(moves.flatMap((one) => (one.reverses_id ? [one.id, one.reverses_id] : [])));
}
