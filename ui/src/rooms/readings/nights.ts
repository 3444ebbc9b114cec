/** How many nights a day lies past another, both `YYYY-MM-DD`; 0 where it does not, or one is not known. */
export function nightsBetween(worked: string | null | undefined, last: string | null | undefined): number {
  if (!worked || !last) return 0;
  return Math.max(0, Math.round((Date.parse(last) - Date.parse(worked)) / 86_400_000));
}
