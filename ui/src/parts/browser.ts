/** A browser's own word in a few words: "Firefox · Windows". */
export function browserOf(agent: string): string {
  const browser = [["Edg/", "Edge"], ["Firefox/", "Firefox"], ["MicroMessenger", "WeChat"], ["Chrome/", "Chrome"], ["Safari/", "Safari"]].find(([mark]) => agent.includes(mark!))?.[1];
  const system = [["Android", "Android"], ["iPhone", "iPhone"], ["iPad", "iPad"], ["Windows", "Windows"], ["Mac OS", "macOS"], ["Linux", "Linux"]].find(([mark]) => agent.includes(mark!))?.[1];
  return [browser, system].filter(Boolean).join(" · ") || agent.slice(0, 60) || "?";
}
