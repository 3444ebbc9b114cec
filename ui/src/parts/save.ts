/** Hand a file to the reader, as the browser does with one that was downloaded. */
export function saveFile(bytes: Blob, name: string): void {
  const link = Object.assign(document.createElement("a"), { href: URL.createObjectURL(bytes), download: name });
  link.click();
  // The browser may still be reading it.
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}
