/**
 * Which passwords are taken, told while somebody types: as `lamplit.domain.passwords` has it, which
 * judges in the end. `cases.json` holds both to the same answers.
 */
import type domain from "@/language/domain.json";
import policy from "./policy.json";

export type Weakness = keyof typeof domain.weakness;
export const LEAST: number = policy.least;

/** Characters as Python counts them: code points of the composed form. */
export const lengthOf = (password: string): number => [...password.normalize("NFC")].length;

/** Why a password is not taken, null where it is. `names`: what would be tried first here. */
export function weakness(password: string, names: readonly string[] = []): Weakness | null {
  const letters = [...password.normalize("NFC")];
  const lowered = letters.join("").toLowerCase();
  if (letters.length < policy.least) return "too_short";
  if (letters.length > policy.most) return "too_long";
  if (repeats([...lowered])) return "repeats";
  if (isRun(lowered)) return "runs";
  if (policy.known.includes(lowered)) return "common";
  if (madeOf(lowered, [...policy.names, ...names])) return "of_here";
  return null;
}

/** Whether it is one piece of up to five characters over and over. */
function repeats(letters: readonly string[]): boolean {
  return [1, 2, 3, 4, 5].some((n) => letters.every((letter, at) => letter === letters[at % n]));
}

function isRun(password: string): boolean {
  const letters = password.replace(/\s/gu, "");
  const back = (run: string) => [...run].reverse().join("");
  return policy.runs.some((run) => run.includes(letters) || back(run).includes(letters));
}

/** Whether nothing but names, digits and signs is in it. */
function madeOf(password: string, names: readonly string[]): boolean {
  const tried = [...new Set(names.map((name) => name.toLowerCase()))].filter((name) => name.length > 1);
  const left = tried.sort((one, other) => other.length - one.length).reduce((rest, name) => rest.replaceAll(name, ""), password);
  return left !== password && !/\p{L}/u.test(left);
}
