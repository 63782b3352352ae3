import { defaults, type LoadTest, parseLoadTests, type WebhookType } from '../flagger';
import { type Fields, numberAt, parseGoDuration, remembered, type ServiceHost, textAt, textMapAt } from '../kube';

/** A webhook of an analysis. */
export interface WebhookView {
  readonly raw: Fields;
  readonly name: string;
  /** Pointer into the Canary: `/spec/analysis/webhooks/0`. */
  readonly pointer: string;
  readonly type: WebhookType | string;
  readonly url: string;
  readonly host: string | undefined;
  readonly port: number | undefined;
  readonly path: string | undefined;
  /** The Service that the host means, from Flagger's namespace; look it up. */
  readonly service: { readonly namespace: string; readonly name: string } | undefined;
  /** Undefined when Go cannot read it. @see fluxcd/flagger v1.44 pkg/controller/webhook.go */
  readonly timeoutMilliseconds: number | undefined;
  readonly retries: number;
  readonly metadata: Readonly<Record<string, string>>;
  /** `metadata.cmd`: what Flagger's load tester runs. */
  readonly command: string | undefined;
  /** `metadata.type` of the load tester: `cmd` when absent; it answers before the command has run. */
  readonly taskType: string;
  readonly loadTests: readonly LoadTest[];
}

/**
 * Reads a webhook of an analysis.
 * @param before those before it: a warm-up and the load after it run the same command
 * @param serviceNamed what a DNS name means to Flagger
 */
export function readWebhook(
  raw: Fields,
  pointer: string,
  before: readonly WebhookView[],
  serviceNamed: (host: string) => ServiceHost | undefined,
): WebhookView {
  const url = textAt(raw, 'url') ?? '';
  const { host, port, path } = urlParts(url);
  const metadata = textMapAt(raw, 'metadata');
  const command = metadata.cmd;
  const earlier = before.find((webhook) => webhook.command === command);
  return {
    raw,
    name: textAt(raw, 'name') ?? '',
    pointer,
    type: textAt(raw, 'type') || 'rollout',
    url,
    host,
    port,
    path,
    service: host === undefined ? undefined : serviceNamed(host),
    timeoutMilliseconds: webhookTimeout(textAt(raw, 'timeout') ?? ''),
    retries: numberAt(raw, 'retries') ?? 0,
    metadata,
    command,
    taskType: metadata.type || 'cmd',
    loadTests: command === undefined ? [] : (earlier?.loadTests ?? parseLoadTests(command)),
  };
}

/** Most Canaries call one load tester. */
const urlParts = remembered((url: string) => {
  const [, scheme, host, port, path] = /^(https?):\/\/(?:[^@/]*@)?([^:/?#]+)(?::(\d+))?([^?#]*)/i.exec(url) ?? [];
  if (scheme === undefined) return { host: undefined, port: undefined, path: undefined };
  return { host, port: port ? Number(port) : scheme.toLowerCase() === 'https' ? 443 : 80, path: path || '/' };
});

/** Milliseconds; undefined when Go cannot read it. Shorter than two characters counts as absent. @see fluxcd/flagger v1.44 pkg/controller/webhook.go */
function webhookTimeout(timeout: string): number | undefined {
  if (timeout.length < 2) return defaults.webhookTimeoutMilliseconds;
  const duration = parseGoDuration(timeout);
  return duration.ok ? duration.value : undefined;
}
