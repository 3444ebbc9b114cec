/** What a room of the application is: its routes, and its places in the menu. */
import type { RouteRecordRaw } from "vue-router";
import type { Ability } from "@/session/session";
import type { IconName } from "@/design/icons";
import type { Said } from "@/language/words";

export interface NavItem {
  path: string;
  icon: IconName;
  label: Said;
  /** What one finds or does there, in a few words; said on the start page. */
  about: Said;
  /** Shown to who has one of these anywhere today; to everybody signed in where empty. */
  needs: readonly Ability[];
  /** Lower comes first. */
  order: number;
  /** Also in the bottom bar of a phone. */
  phone?: boolean;
}

export interface Room {
  name: string;
  routes: RouteRecordRaw[];
  nav: NavItem[];
}

/** Every `rooms/<name>/room.ts` is a room; it imports its pages lazily. */
const found = import.meta.glob<{ room: Room }>("./rooms/*/room.ts", { eager: true });

export const rooms: Room[] = Object.values(found).map((module) => module.room);

export const nav: NavItem[] = rooms
  .flatMap((room) => room.nav)
  .sort((one, other) => one.order - other.order);

/** Whether an address lies at a place of the menu, or under it. */
export function within(path: string, place: string): boolean {
  return path === place || path.startsWith(`${place}/`);
}
