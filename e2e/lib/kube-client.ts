import { request as httpsRequest, type RequestOptions } from 'node:https';
import type { KubeObject, ObjectMeta } from '../../lib/kube';
import { objectName } from './manifests';

type KubeConfig = InstanceType<
  Awaited<typeof import('@kubernetes/client-node', { with: { 'resolution-mode': 'import' }})>['KubeConfig']
>;

/** An object as the API server returns it. */
export interface LiveObject extends KubeObject {
  readonly metadata: ObjectMeta & {
    readonly uid: string;
    readonly resourceVersion: string;
    readonly generation?: number;
  };
  // biome-ignore lint/suspicious/noExplicitAny: status and spec of every kind there is.
  readonly [field: string]: any;
}

export interface Answer {
  readonly status: number;
  /** Texts of the Warning headers: unknown fields, deprecated versions, Pod Security. */
  readonly warnings: readonly string[];
  readonly body: unknown;
}

/** The API server said no. */
export class ApiError extends Error {
  constructor(
    readonly status: number,
    message: string,
  ) {
    super(message);
  }
}

/** One change, as the API server tells it. */
export interface WatchEvent {
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED' | 'ERROR';
  readonly object: LiveObject;
}

/** A watch that runs. */
export interface Watching {
  /** Of the list with which it began. */
  readonly resourceVersion: number;
  readonly items: readonly LiveObject[];
  stop(): void;
}

interface Resource {
  readonly path: string;
  readonly plural: string;
  readonly namespaced: boolean;
}

export interface ApplyOptions {
  readonly fieldManager?: string;
  readonly dryRun?: boolean;
  /** For objects that name none. */
  readonly namespace?: string;
}

/**
 * A client of any Kubernetes API server that a kubeconfig names. Connection and credentials are the client library's; requests are
 * plain ones, because the library hides the Warning headers, which are half of what this harness looks for.
 */
export class KubeClient {
  private readonly resources = new Map<string, Resource>();

  private constructor(private readonly config: KubeConfig) {}

  static async load(kubeconfigFile: string): Promise<KubeClient> {
    const { KubeConfig } = await import('@kubernetes/client-node');
    const config = new KubeConfig();
    config.loadFromFile(kubeconfigFile);
    return new KubeClient(config);
  }

  get server(): string {
    const cluster = this.config.getCurrentCluster();
    if (!cluster) throw new Error('the kubeconfig has no current cluster');
    return cluster.server;
  }

  async request(method: string, path: string, body?: string, contentType = 'application/json'): Promise<Answer> {
    const options: RequestOptions = { method, headers: { accept: 'application/json' } };
    await this.config.applyToHTTPSOptions(options);
    if (body !== undefined) options.headers = { ...options.headers, 'content-type': contentType };
    return new Promise((resolve, reject) => {
      const request = httpsRequest(new URL(path, this.server), options, (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.on('error', reject);
        response.on('end', () => {
          const text = Buffer.concat(chunks).toString();
          const isJson = response.headers['content-type']?.startsWith('application/json');
          resolve({
            status: response.statusCode ?? 0,
            warnings: warningTexts(response.headers.warning),
            body: isJson && text ? JSON.parse(text) : text,
          });
        });
      });
      request.setTimeout(60_000, () => request.destroy(new Error(`${method} ${path}: no answer within 60 s`)));
      request.on('error', reject);
      request.end(body);
    });
  }

  /** As `request`, and throws what the API server says when it refuses. */
  async call(method: string, path: string, body?: string, contentType?: string): Promise<Answer> {
    const answer = await this.request(method, path, body, contentType);
    if (answer.status < 300) return answer;
    const message = (answer.body as { message?: string } | undefined)?.message ?? String(answer.body);
    throw new ApiError(answer.status, message);
  }

  /** Server-side apply with strict field validation: unknown and duplicate fields are refused, not dropped. */
  async apply(object: KubeObject, { text, ...options }: ApplyOptions & { text?: string } = {}): Promise<Answer> {
    const path = await this.path(object, options.namespace);
    const query = new URLSearchParams({
      fieldManager: options.fieldManager ?? 'aviary-e2e',
      fieldValidation: 'Strict',
      force: 'true',
      ...(options.dryRun ? { dryRun: 'All' } : {}),
    });
    return this.call('PATCH', `${path}?${query}`, text ?? JSON.stringify(object), 'application/apply-patch+yaml');
  }

  /** RFC 7386, the way `kubectl patch --type merge` does it. */
  async merge(apiVersion: string, kind: string, namespace: string, name: string, patch: object): Promise<LiveObject> {
    const path = await this.path({ apiVersion, kind, metadata: { name, namespace } });
    const answer = await this.call('PATCH', path, JSON.stringify(patch), 'application/merge-patch+json');
    return answer.body as LiveObject;
  }

  /** The object, or undefined when there is none. */
  async get(apiVersion: string, kind: string, namespace: string, name: string): Promise<LiveObject | undefined> {
    try {
      const path = await this.path({ apiVersion, kind, metadata: { name, namespace } });
      return (await this.call('GET', path)).body as LiveObject;
    } catch (error) {
      if (error instanceof ApiError && error.status === 404) return undefined;
      throw error;
    }
  }

  async list(apiVersion: string, kind: string, namespace?: string, labelSelector?: string): Promise<LiveObject[]> {
    const collection = await this.collection(apiVersion, kind, namespace);
    const query = labelSelector ? `?labelSelector=${encodeURIComponent(labelSelector)}` : '';
    const { items } = (await this.call('GET', collection + query)).body as { items: LiveObject[] };
    return items.map((item) => ({ ...item, apiVersion, kind }));
  }

  /**
   * All objects of a kind in a namespace, and then every change of them, none left out: between two lists much can come and go.
   * @returns what was there at first, and an end of the watch, which throws what ended it earlier
   */
  async watch(
    { apiVersion, kind, namespace }: { apiVersion: string; kind: string; namespace: string },
    onEvent: (event: WatchEvent) => void,
  ): Promise<Watching> {
    const collection = await this.collection(apiVersion, kind, namespace);
    const { items, metadata } = (await this.call('GET', collection)).body as {
      items: LiveObject[];
      metadata: { resourceVersion: string };
    };
    const query = `watch=true&timeoutSeconds=3600&resourceVersion=${metadata.resourceVersion}`;
    const options: RequestOptions = { method: 'GET', headers: { accept: 'application/json' } };
    await this.config.applyToHTTPSOptions(options);
    let failure: Error | undefined;
    let ending = false;
    const ended = (error: Error): void => {
      if (!ending) failure ??= error;
    };
    const request = httpsRequest(new URL(`${collection}?${query}`, this.server), options, (response) => {
      let text = '';
      response.setEncoding('utf8');
      response.on('data', (chunk: string) => {
        const lines = (text + chunk).split('\n');
        text = lines.pop() ?? '';
        for (const line of lines.filter((one) => one !== '')) {
          const event = JSON.parse(line) as WatchEvent;
          if (event.type === 'ERROR') ended(new Error(`the watch of ${kind} ended: ${line}`));
          else onEvent(event);
        }
      });
      response.on('error', ended);
      response.on('end', () => ended(new Error(`the watch of ${kind} ended`)));
    });
    request.on('error', ended);
    request.end();
    return {
      resourceVersion: Number(metadata.resourceVersion),
      items,
      stop: () => {
        ending = true;
        request.destroy();
        if (failure) throw failure;
      },
    };
  }

  private async collection(apiVersion: string, kind: string, namespace?: string): Promise<string> {
    const { path, plural } = await this.resource(apiVersion, kind);
    return namespace ? `${path}/namespaces/${namespace}/${plural}` : `${path}/${plural}`;
  }

  async delete(object: KubeObject): Promise<void> {
    try {
      await this.call('DELETE', await this.path(object));
    } catch (error) {
      if (!(error instanceof ApiError && error.status === 404)) throw error;
    }
  }

  /** Forgets which kinds there are: new definitions have been applied. */
  forgetKinds(): void {
    this.resources.clear();
  }

  private async path(object: KubeObject, defaultNamespace = 'default'): Promise<string> {
    const { path, plural, namespaced } = await this.resource(object.apiVersion, object.kind);
    const name = encodeURIComponent(object.metadata.name);
    if (!namespaced) return `${path}/${plural}/${name}`;
    return `${path}/namespaces/${object.metadata.namespace ?? defaultNamespace}/${plural}/${name}`;
  }

  private async resource(apiVersion: string, kind: string): Promise<Resource> {
    const key = `${apiVersion} ${kind}`;
    const known = this.resources.get(key);
    if (known) return known;
    const path = apiVersion.includes('/') ? `/apis/${apiVersion}` : `/api/${apiVersion}`;
    const { resources } = (await this.call('GET', path)).body as {
      resources: { name: string; kind: string; namespaced: boolean }[];
    };
    for (const { name, kind: listed, namespaced } of resources) {
      if (!name.includes('/')) this.resources.set(`${apiVersion} ${listed}`, { path, plural: name, namespaced });
    }
    const found = this.resources.get(key);
    if (!found) throw new ApiError(404, `no kind ${kind} in ${apiVersion}`);
    return found;
  }
}

/** `299 - "text"`, several in one header separated by commas. */
export function warningTexts(header: string | string[] | undefined): string[] {
  const joined = Array.isArray(header) ? header.join(', ') : (header ?? '');
  return [...joined.matchAll(/299 \S+ "((?:[^"\\]|\\.)*)"/g)].map(([, text]) =>
    (text ?? '').replaceAll(/\\(.)/g, '$1'),
  );
}

/** What was refused, and in which words. */
export interface Refusal {
  readonly object: string;
  readonly message: string;
}

export interface ApplyResult {
  readonly applied: number;
  readonly refusals: readonly Refusal[];
  readonly warnings: readonly Refusal[];
}

/** Applies many objects and goes on after a refusal, so that all of them are known at once. */
export async function applyAll(
  client: KubeClient,
  objects: readonly { readonly object: KubeObject; readonly text?: string }[],
  options: ApplyOptions = {},
): Promise<ApplyResult> {
  const refusals: Refusal[] = [];
  const warnings: Refusal[] = [];
  let applied = 0;
  for (const { object, text } of objects) {
    try {
      const answer = await client.apply(object, { ...options, text });
      warnings.push(...answer.warnings.map((message) => ({ object: objectName(object), message })));
      applied += 1;
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      refusals.push({ object: objectName(object), message: error.message });
    }
  }
  return { applied, refusals, warnings };
}
