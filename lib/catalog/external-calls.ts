import { externalCalls } from './calls';
import { containersOf } from './containers';
import type { ResolvedService } from './resolve';
import type { External } from './schema';

/** A service outside that a service of the catalog names. */
export interface NamedExternal {
  readonly external: External;
  /** Where: `calls`, `variable API_URL`, `file app.yaml`. */
  readonly why: string;
}

/** The services outside that a service names: in `calls`, or by a host in one of its texts. */
export function namedExternals(service: ResolvedService, externals: readonly External[]): NamedExternal[] {
  if (externals.length === 0) return [];
  const named = new Set(externalCalls(service).map(({ external }) => external));
  const texts = textsOf(service);
  return externals.flatMap((external): NamedExternal[] => {
    const where = texts.find(({ text }) => external.hosts.some((host) => mentions(text, host)));
    return named.has(external.name) || where ? [{ external, why: where?.why ?? 'calls' }] : [];
  });
}

/** What a service is started with. */
function textsOf(service: ResolvedService): { readonly text: string; readonly why: string }[] {
  const ofContainers = containersOf(service).flatMap(({ env, command = [], args = [] }) => [
    ...Object.entries(env).flatMap(([variable, value]) =>
      typeof value === 'string' ? [{ text: value, why: `variable ${variable}` }] : [],
    ),
    ...[...command, ...args].map((text) => ({ text, why: 'arguments' })),
  ]);
  const ofFiles = (service.config ?? []).flatMap(({ files }) =>
    Object.entries(files).map(([file, text]) => ({ text, why: `file ${file}` })),
  );
  return [...ofContainers, ...ofFiles];
}

/** Whether a text names a host; `*.example.com` is each host below it. */
function mentions(text: string, host: string): boolean {
  const name = host.startsWith('*.') ? host.slice(1) : host;
  for (let at = text.indexOf(name); at >= 0; at = text.indexOf(name, at + 1)) {
    const [before = '', after = ''] = [text[at - 1], text[at + name.length]];
    const isWhole = host.startsWith('*.') ? /[\w-]/.test(before) : !/[\w.-]/.test(before);
    if (isWhole && !/[\w.-]/.test(after)) return true;
  }
  return false;
}
