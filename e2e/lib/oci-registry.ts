import { createHash } from 'node:crypto';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { gzipSync } from 'node:zlib';

interface Blob {
  readonly mediaType: string;
  readonly content: Buffer;
}

const manifestType = 'application/vnd.oci.image.manifest.v1+json';
const digestOf = (content: Buffer): string => `sha256:${createHash('sha256').update(content).digest('hex')}`;

/**
 * A registry on 127.0.0.1 from which charts can be pulled: manifests by tag or digest, blobs, and the list of tags.
 *
 * @see opencontainers/distribution-spec v1.1 spec.md, "Pull"
 */
export class OciRegistry {
  private readonly blobs = new Map<string, Blob>();
  /** Digest of the manifest, by `repository:tag`. */
  private readonly tags = new Map<string, string>();
  private server: Server | undefined;

  async start(): Promise<void> {
    const server = createServer((request, response) => {
      const found = this.find(request.url ?? '/');
      if (!found) {
        response.writeHead(404, { 'content-type': 'application/json' });
        response.end(JSON.stringify({ errors: [{ code: 'MANIFEST_UNKNOWN', message: `no ${request.url}` }] }));
        return;
      }
      response.writeHead(200, {
        'content-type': found.mediaType,
        'content-length': found.content.length,
        'docker-content-digest': digestOf(found.content),
      });
      response.end(request.method === 'HEAD' ? undefined : found.content);
    });
    this.server = server;
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  }

  /** `127.0.0.1:port`. */
  get address(): string {
    const address = this.server?.address() as AddressInfo | null | undefined;
    if (!address) throw new Error('the registry has not been started');
    return `127.0.0.1:${address.port}`;
  }

  /** Puts a chart where `helm push` would; returns the digest of its manifest. */
  pushChart(repository: string, tag: string, chart: Chart): string {
    const config = { mediaType: 'application/vnd.cncf.helm.config.v1+json', content: json(chart.metadata) };
    const layer = { mediaType: 'application/vnd.cncf.helm.chart.content.v1.tar+gzip', content: chart.archive };
    const described = ({ mediaType, content }: Blob) => ({
      mediaType,
      digest: digestOf(content),
      size: content.length,
    });
    const manifest = {
      schemaVersion: 2,
      mediaType: manifestType,
      config: described(config),
      layers: [described(layer)],
    };
    const blobs = [config, layer, { mediaType: manifestType, content: json(manifest) }];
    for (const blob of blobs) this.blobs.set(digestOf(blob.content), blob);
    this.tags.set(`${repository}:${tag}`, digestOf(json(manifest)));
    return digestOf(json(manifest));
  }

  async stop(): Promise<void> {
    this.server?.closeAllConnections();
    await new Promise<void>((resolve) => (this.server ? this.server.close(() => resolve()) : resolve()));
  }

  private find(url: string): Blob | undefined {
    if (/^\/v2\/?$/.test(url)) return { mediaType: 'application/json', content: json({}) };
    const [, listed] = /^\/v2\/(.+)\/tags\/list(?:\?.*)?$/.exec(url) ?? [];
    if (listed) {
      const own = [...this.tags.keys()].filter((key) => key.startsWith(`${listed}:`));
      const tags = own.map((key) => key.slice(listed.length + 1));
      return { mediaType: 'application/json', content: json({ name: listed, tags }) };
    }
    const [, repository, , reference] = /^\/v2\/(.+)\/(manifests|blobs)\/([^/]+)$/.exec(url) ?? [];
    if (!repository || !reference) return undefined;
    return this.blobs.get(reference.includes(':') ? reference : (this.tags.get(`${repository}:${reference}`) ?? ''));
  }
}

const json = (value: unknown): Buffer => Buffer.from(JSON.stringify(value));

export interface Chart {
  readonly metadata: { readonly apiVersion: 'v2'; readonly name: string; readonly version: string };
  readonly archive: Buffer;
}

/** A chart that stands in for one whose registry is out of reach: it installs one ConfigMap, with the values that it was given. */
export function standInChart(name: string, version: string): Chart {
  const configMap = {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: '{{ .Release.Name }}-stand-in', namespace: '{{ .Release.Namespace }}' },
    data: { chart: '{{ .Chart.Name }} {{ .Chart.Version }}', values: '@values@' },
  };
  // JSON is YAML; the one place that is not text is filled by the template.
  const template = JSON.stringify(configMap).replace('"@values@"', '{{ .Values | toJson | quote }}');
  return templateChart(name, version, { 'stand-in.yaml': template });
}

/** A chart of these templates. */
export function templateChart(name: string, version: string, templates: Readonly<Record<string, string>>): Chart {
  const metadata = { apiVersion: 'v2' as const, name, version };
  const files = Object.entries(templates).map(([file, text]) => ({
    path: `${name}/templates/${file}`,
    content: Buffer.from(text),
  }));
  return { metadata, archive: gzipSync(tar([{ path: `${name}/Chart.yaml`, content: json(metadata) }, ...files])) };
}

/** Regular files as a tar archive. @see POSIX.1-2017 pax, "ustar Interchange Format" */
export function tar(files: readonly { readonly path: string; readonly content: Buffer }[]): Buffer {
  const blocks = files.flatMap(({ path, content }) => {
    const header = Buffer.alloc(512);
    header.write(path, 0);
    header.write('0000644\0', 100);
    header.write('0000000\0', 108);
    header.write('0000000\0', 116);
    header.write(`${content.length.toString(8).padStart(11, '0')}\0`, 124);
    header.write('00000000000\0', 136);
    // The checksum counts its own field as blanks.
    header.write('        ', 148);
    header.write('0', 156);
    header.write('ustar\x0000', 257);
    const sum = header.reduce((total, byte) => total + byte, 0);
    header.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148);
    return [header, content, Buffer.alloc((512 - (content.length % 512)) % 512)];
  });
  return Buffer.concat([...blocks, Buffer.alloc(1024)]);
}
