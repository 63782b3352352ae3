const HEADING = '## Preflight: planted failure modes';

/** What the page says about planted failure modes, without the heading; undefined when it says nothing. */
export function sectionOf(page: string): string | undefined {
  const start = page.indexOf(HEADING);
  if (start < 0) return undefined;
  const next = page.indexOf('\n## ', start + HEADING.length);
  return page.slice(start + HEADING.length, next < 0 ? undefined : next).trim();
}

/** The page with that section replaced, or added at the end. */
export function withSection(page: string, text: string): string {
  const section = `${HEADING}\n\n${text}\n`;
  const start = page.indexOf(HEADING);
  if (start < 0) return `${page.trimEnd()}\n\n${section}`;
  const next = page.indexOf('\n## ', start + HEADING.length);
  return page.slice(0, start) + section + (next < 0 ? '' : page.slice(next));
}
