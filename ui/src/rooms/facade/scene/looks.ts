/** The looks that a window may have. Numbers, as thousands of windows are held as bytes. */
export const LOOK = {
  unknown: 0, dark: 1, micro: 2, low: 3, lived_in: 4,
  /** The state was carried over a day that was not read. */
  dark_over: 5, micro_over: 6, low_over: 7, lived_in_over: 8,
  not_enrolled: 10, to_visit: 11, claimed: 12, visited: 13, done: 14, unreachable: 15,
  uncovered: 20,
  /** Stands back while others are pointed out. */
  veiled: 21,
} as const;
export type LookName = keyof typeof LOOK;
/** Looks of people who cover: as many hues as can be told apart; initials tell them further. */
export const FIRST_KEEPER = 24;
export const KEEPERS = 8;
export const LOOKS = FIRST_KEEPER + KEEPERS;

export const BADGE = { none: 0, returned: 1, went_dark: 2, frozen_high: 3, routine_broken: 4, done: 5 } as const;
export type BadgeName = keyof typeof BADGE;

/** Looks as dim as a veil have a bright frame of their own where they are pointed out. */
export const POINTED: Partial<Record<number, number>> = {
  [LOOK.dark]: 9, [LOOK.micro]: 16, [LOOK.unknown]: 17, [LOOK.dark_over]: 18, [LOOK.micro_over]: 19, [LOOK.not_enrolled]: 22,
};
const POINTED_FROM = new Map(Object.entries(POINTED).map(([look, pointed]) => [pointed, Number(look)]));
/** The look under a bright frame; the look itself where it has none. */
export const unpointed = (look: number) => POINTED_FROM.get(look) ?? look;
export const isPointed = (look: number) => POINTED_FROM.has(look);

export const LIT_LOOKS = 4;
/** A lit window's curtains: the same for a home each time; they mean nothing. */
export function curtains(home: number): number {
  return ((home * 2654435761) >>> 17) % LIT_LOOKS;
}

/** A state without whether it was carried over. */
export function stateOf(look: number): number {
  return look >= LOOK.dark_over && look <= LOOK.lived_in_over ? look - 4 : look;
}
export const isLit = (look: number) => look === LOOK.lived_in || look === LOOK.lived_in_over;
