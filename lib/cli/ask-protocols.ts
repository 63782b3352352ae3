import type { ProtocolNote } from '../adopt';
import { UsageError } from './exit-code';

/** Ports of one number, which most likely speak the same. */
export interface AlikePorts {
  readonly port: number;
  /** `cart:7070`, in the order of the services. */
  readonly ports: readonly string[];
}

/** Ports of which nothing tells the protocol, once for all of one number. */
export function alikePorts(guesses: readonly ProtocolNote[]): AlikePorts[] {
  const byNumber = new Map<number, string[]>();
  for (const { service, port } of guesses) byNumber.set(port, [...(byNumber.get(port) ?? []), `${service}:${port}`]);
  return [...byNumber].map(([port, ports]) => ({ port, ports })).sort((a, b) => a.port - b.port);
}

/** Most names that a question lists. */
const LISTED = 5;

/** The question for ports of one number. */
export function protocolQuestion({ port, ports }: AlikePorts): string {
  const shown = ports.slice(0, LISTED).join(', ');
  const rest = ports.length - LISTED;
  return ports.length === 1
    ? `What does ${shown} speak? Nothing in the manifests tells.`
    : `What do the ${ports.length} ports ${port} speak (${shown}${rest > 0 ? ` and ${rest} more` : ''})? Nothing in the manifests tells.`;
}

/** What each of them speaks, as somebody says it; by `service:port`. */
export async function askForProtocols(guesses: readonly ProtocolNote[]): Promise<Record<string, string>> {
  const { cancel, isCancel, select } = await import('@clack/prompts');
  const said: Record<string, string> = {};
  for (const alike of alikePorts(guesses)) {
    const value = await select({
      message: protocolQuestion(alike),
      initialValue: 'tcp',
      output: process.stderr,
      options: [
        { value: 'tcp', label: 'tcp', hint: 'a database, a queue, or not known: passed on as it is' },
        { value: 'http', label: 'http' },
        { value: 'grpc', label: 'grpc' },
      ],
    });
    if (isCancel(value)) {
      cancel('nothing was written', { output: process.stderr });
      throw new UsageError('interrupted');
    }
    for (const port of alike.ports) said[port] = value as string;
  }
  return said;
}
