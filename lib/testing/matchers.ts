import { type Finding, formatText } from '../findings';
import type { SynthesizedCatalog } from './synthesized-catalog';

/** What `expect(catalog)` can say in Jest and Vitest. */
export interface PreflightMatchers<R = unknown> {
  /** The catalog has no finding of this severity or a graver one. @default 'error' */
  toPassPreflight(severity?: Finding['severity']): R;
}

declare global {
  namespace jest {
    // The type parameters must be those of jest's own.
    interface Matchers<R, T> extends PreflightMatchers<R> {
      /** Only names T. */
      readonly __aviary?: T;
    }
  }
}

const SEVERITIES: readonly Finding['severity'][] = ['info', 'warning', 'error'];

/** Whether a catalog passes, and what is wrong with it in words: for other test runners. */
export function passesPreflight(
  { findings }: Pick<SynthesizedCatalog, 'findings'>,
  severity: Finding['severity'] = 'error',
): { readonly pass: boolean; readonly text: string } {
  const grave = findings.filter((finding) => SEVERITIES.indexOf(finding.severity) >= SEVERITIES.indexOf(severity));
  return { pass: grave.length === 0, text: formatText(grave) };
}

interface Expect {
  extend(matchers: Record<string, (received: unknown, ...args: never[]) => unknown>): void;
}

/** Where jest (or a runner with the same `expect`) is there. */
export function addMatchers(): void {
  const { expect } = globalThis as { expect?: Expect };
  expect?.extend({
    toPassPreflight(received: unknown, severity?: Finding['severity']) {
      if (typeof received !== 'object' || received === null || !('findings' in received))
        throw new Error('toPassPreflight needs what synthCatalog gives: expect(await synthCatalog("services.json"))');
      const { pass, text } = passesPreflight(received as SynthesizedCatalog, severity);
      return {
        pass,
        message: () => (pass ? 'the catalog passes preflight' : `the catalog does not pass preflight:\n\n${text}`),
      };
    },
  });
}
