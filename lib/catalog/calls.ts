import type { ResolvedService } from './resolve';

/** One entry of `calls` that names a service. */
export interface NamedCall {
  readonly service: string;
  /** Of the callee. @default all of its ports */
  readonly port?: string | number;
  readonly methods?: readonly string[];
  readonly paths?: readonly string[];
  /** Its place in the list. */
  readonly index: number;
}

type Calls = Pick<ResolvedService, 'calls'>;

/** The entries of `calls` that name services. */
export function namedCalls({ calls = [] }: Calls): NamedCall[] {
  return calls.flatMap((call, index): NamedCall[] =>
    typeof call === 'string' ? [{ service: call, index }] : 'service' in call ? [{ ...call, index }] : [],
  );
}

/** The entries of `external` that `calls` names, each with its place in the list. */
export function externalCalls({ calls = [] }: Calls): { readonly external: string; readonly index: number }[] {
  return calls.flatMap((call, index) =>
    typeof call === 'object' && 'external' in call ? [{ external: call.external, index }] : [],
  );
}
