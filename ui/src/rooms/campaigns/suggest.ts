/** A code that one would think of oneself: `SWEEP-0302`, from `household_sweep` and the start. */
export function suggestedCode(programme: string, starts: string): string {
  const last = programme.split("_").at(-1) ?? "";
  return [last.toUpperCase(), starts.slice(5).replace("-", "")].filter(Boolean).join("-");
}
