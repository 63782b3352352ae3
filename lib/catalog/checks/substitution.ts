import type { Problem } from '../problem';
import type { Catalog } from '../schema';
import { forEachText } from './texts';

/** Flux substitutes by default and strictly: a variable that it does not know fails the Kustomization. */
export function substitutionProblems(catalog: Catalog): Problem[] {
  const problems: Problem[] = [];
  forEachText(catalog, (text, path) => {
    const found = text.includes('${') ? /\$\{(\w*)/.exec(text) : null;
    if (!found) return;
    problems.push({
      code: 'substitution',
      path: [...path],
      message: `${JSON.stringify(String(path.at(-1)))} contains "\${${found[1]}…", which Flux would substitute`,
      cause: 'Post-build substitution is strict: an unknown variable fails the Kustomization.',
      fix: found[1] ? `write "$${found[1]}" without braces` : 'write it without "${"',
    });
  });
  return problems;
}
