import { createHash } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import { redact } from './git';
import { PublishProblem } from './problem';

type Env = Readonly<Record<string, string | undefined>>;

/**
 * Media types of what `flux push artifact` pushes and an OCIRepository reads.
 * @see fluxcd/pkg oci v0.56 client.go (CanonicalConfigMediaType, CanonicalContentMediaType), push.go (Push)
 */
export const CONFIG_TYPE = 'application/vnd.cncf.flux.config.v1+json';
/** Media type of the layer that Flux unpacks. @see fluxcd/pkg oci/client (CanonicalContentMediaType) */
export const CONTENT_TYPE = 'application/vnd.cncf.flux.content.v1.tar+gzip';
const MANIFEST_TYPE = 'application/vnd.oci.image.manifest.v1+json';

/** What is pushed to a registry. */
export interface OciArtifact {
  /** Text by path. */
  readonly files: ReadonlyMap<string, string>;
  /** `main@sha1:<commit>`, as Flux shows it. */
  readonly revision?: string;
  /** Address of the application. */
  readonly source?: string;
  /** When the commit was made, RFC 3339: not now, so that the same tree is the same artifact. */
  readonly created?: string;
}

/** Where in a registry. */
export interface OciAddress {
  readonly host: string;
  readonly repository: string;
  readonly tag: string;
}

/** What is in the registry afterwards. */
export interface PushedArtifact {
  readonly digest: string;
  /** The tag was there already. */
  readonly isUnchanged: boolean;
}

interface Blob {
  readonly mediaType: string;
  readonly content: Buffer;
}

const digestOf = (content: Buffer): string => `sha256:${createHash('sha256').update(content).digest('hex')}`;

/** @throws PublishProblem repository-address */
export function parseOciAddress(address: string): OciAddress {
  const [, host, repository, tag] =
    /^oci:\/\/([a-z0-9.-]+(?::\d+)?|\[[0-9a-f:]+\](?::\d+)?)\/([a-z0-9]+(?:[._/-]+[a-z0-9]+)*):(\w[\w.-]{0,127})$/.exec(
      address,
    ) ?? [];
  if (host === undefined || repository === undefined || tag === undefined)
    throw new PublishProblem('repository-address', `${JSON.stringify(address)} is not the address of an artifact`, {
      fix: 'write oci://REGISTRY/NAME:TAG, such as oci://registry.example.com/shop/manifests:staging',
    });
  return { host, repository, tag };
}

/** The artifact's blobs: the same files give the same bytes. */
export function artifactBlobs({ files, revision, source, created }: OciArtifact): {
  readonly manifest: Blob;
  readonly blobs: readonly Blob[];
} {
  const archive = tarOf([...files].sort(([a], [b]) => (a < b ? -1 : 1)));
  const layer: Blob = { mediaType: CONTENT_TYPE, content: gzipSync(archive) };
  // An image's config without an image, as go-containerregistry writes it.
  const config: Blob = {
    mediaType: CONFIG_TYPE,
    content: json({
      architecture: '',
      created: '0001-01-01T00:00:00Z',
      history: [{ created: '0001-01-01T00:00:00Z' }],
      os: '',
      rootfs: { type: 'layers', diff_ids: [digestOf(archive)] },
      config: {},
    }),
  };
  const described = ({ mediaType, content }: Blob) => ({ mediaType, size: content.length, digest: digestOf(content) });
  const annotations = {
    ...(created !== undefined && { 'org.opencontainers.image.created': created }),
    ...(revision !== undefined && { 'org.opencontainers.image.revision': revision }),
    ...(source !== undefined && { 'org.opencontainers.image.source': source }),
  };
  const content = json({
    schemaVersion: 2,
    mediaType: MANIFEST_TYPE,
    config: described(config),
    layers: [described(layer)],
    ...(Object.keys(annotations).length > 0 && { annotations }),
  });
  return { manifest: { mediaType: MANIFEST_TYPE, content }, blobs: [config, layer] };
}

const json = (value: unknown): Buffer => Buffer.from(JSON.stringify(value));

/**
 * Pushes the artifact and lets the tag name it. Blobs first, the manifest last: until then the tag names the old one.
 * @see opencontainers/distribution-spec v1.1 spec.md, "Push"
 * @throws PublishProblem
 */
export async function pushOci(address: string, artifact: OciArtifact, env: Env): Promise<PushedArtifact> {
  const registry = new Registry(parseOciAddress(address), env);
  const { manifest, blobs } = artifactBlobs(artifact);
  const digest = digestOf(manifest.content);
  const there = await registry.send('HEAD', `manifests/${registry.address.tag}`, { accept: MANIFEST_TYPE });
  if (there.status === 200 && there.headers.get('docker-content-digest') === digest)
    return { digest, isUnchanged: true };
  for (const { content } of blobs) await registry.upload(content);
  const put = await registry.send('PUT', `manifests/${registry.address.tag}`, {
    body: manifest.content,
    type: manifest.mediaType,
  });
  if (put.status !== 201) throw await registry.problem(put);
  return { digest, isUnchanged: false };
}

interface Sent {
  readonly accept?: string;
  readonly type?: string;
  readonly body?: Buffer;
}

class Registry {
  private authorization: string | undefined;
  private readonly base: string;
  private readonly secrets: string[] = [];

  constructor(
    readonly address: OciAddress,
    private readonly env: Env,
  ) {
    // As container tools do: plain HTTP on this machine only.
    const isLocal = /^(localhost|127\.\d+\.\d+\.\d+|\[::1\])(:\d+)?$/.test(address.host);
    this.base = `${isLocal ? 'http' : 'https'}://${address.host}/v2/${address.repository}/`;
  }

  async upload(content: Buffer): Promise<void> {
    const digest = digestOf(content);
    if ((await this.send('HEAD', `blobs/${digest}`)).status === 200) return;
    const begun = await this.send('POST', 'blobs/uploads/');
    const location = begun.headers.get('location');
    if (begun.status !== 202 || location === null) throw await this.problem(begun);
    const url = new URL(location, this.base);
    url.searchParams.set('digest', digest);
    const done = await this.send('PUT', url.href, { body: content, type: 'application/octet-stream' });
    if (done.status !== 201) throw await this.problem(done);
  }

  async send(method: string, path: string, sent: Sent = {}, isRetry = false): Promise<Response> {
    const url = new URL(path, this.base);
    const headers: Record<string, string> = {
      ...(sent.accept !== undefined && { accept: sent.accept }),
      ...(sent.type !== undefined && { 'content-type': sent.type }),
      // An upload may be sent elsewhere: the token is for this registry only.
      ...(this.authorization !== undefined && url.host === this.address.host && { authorization: this.authorization }),
    };
    let response: Response;
    try {
      response = await fetch(url, { method, headers, ...(sent.body && { body: new Uint8Array(sent.body) }) });
    } catch (error) {
      const cause = (error as { cause?: Error }).cause;
      throw new PublishProblem(
        'repository-unreachable',
        `the registry ${this.address.host} cannot be reached: ${cause?.message ?? (error as Error).message}`,
        {
          fix: 'look at the address in --oci and at the network',
        },
      );
    }
    if (response.status !== 401 || isRetry) return response;
    await this.authorize(response.headers.get('www-authenticate') ?? '');
    return this.send(method, path, sent, true);
  }

  /** @see distribution/distribution docs/content/spec/auth/token.md */
  private async authorize(challenge: string): Promise<void> {
    const user = this.credentials();
    const basic = user && `Basic ${Buffer.from(`${user.username}:${user.password}`).toString('base64')}`;
    const field = (name: string): string | undefined => new RegExp(`${name}="([^"]*)"`).exec(challenge)?.[1];
    if (/^basic/i.test(challenge)) {
      this.authorization = basic;
      return;
    }
    const realm = field('realm');
    if (realm === undefined) return;
    const url = new URL(realm);
    const service = field('service');
    if (service !== undefined) url.searchParams.set('service', service);
    url.searchParams.set('scope', `repository:${this.address.repository}:pull,push`);
    const response = await fetch(url, { headers: basic ? { authorization: basic } : {} });
    if (!response.ok) throw await this.problem(response);
    const { token, access_token } = (await response.json()) as { token?: string; access_token?: string };
    const bearer = token ?? access_token;
    if (bearer === undefined) return;
    this.secrets.push(bearer);
    this.authorization = `Bearer ${bearer}`;
  }

  /** A token from the environment; in a pipeline of GitLab that of its registry. */
  private credentials(): { readonly username: string; readonly password: string } | undefined {
    const { env } = this;
    const own = env.AVIARY_REGISTRY_TOKEN;
    const found = own
      ? { username: env.AVIARY_REGISTRY_USERNAME || 'oauth2', password: own }
      : env.CI_REGISTRY === this.address.host && env.CI_REGISTRY_PASSWORD
        ? { username: env.CI_REGISTRY_USER || 'gitlab-ci-token', password: env.CI_REGISTRY_PASSWORD }
        : undefined;
    if (found) this.secrets.push(found.password);
    return found;
  }

  async problem(response: Response): Promise<PublishProblem> {
    const text = redact((await response.text()).replace(/\s+/g, ' ').slice(0, 300), this.secrets);
    const said = `${response.status}${text ? `: ${text}` : ''}`;
    if (response.status === 401 || response.status === 403)
      return new PublishProblem(
        'credentials-refused',
        `the registry ${this.address.host} does not take the credentials (${said})`,
        {
          fix: 'set AVIARY_REGISTRY_USERNAME and AVIARY_REGISTRY_TOKEN to ones that may push there',
        },
      );
    return new PublishProblem('server-failed', `the registry ${this.address.host} answers ${said}`, {
      fix: 'see to what the registry says, then publish again',
    });
  }
}

const BLOCK = 512;

/** Regular files as a tar archive, without times and owners. @see POSIX.1-2017 pax, "ustar Interchange Format" */
function tarOf(files: readonly (readonly [path: string, text: string])[]): Buffer {
  const blocks = files.flatMap(([path, text]) => {
    const content = Buffer.from(text, 'utf8');
    return [header(path, content.length), content, Buffer.alloc((BLOCK - (content.length % BLOCK)) % BLOCK)];
  });
  return Buffer.concat([...blocks, Buffer.alloc(2 * BLOCK)]);
}

function header(path: string, size: number): Buffer {
  const block = Buffer.alloc(BLOCK);
  const [prefix, name] = splitPath(path);
  block.write(name, 0);
  block.write('0000644\0', 100);
  block.write('0000000\0', 108);
  block.write('0000000\0', 116);
  block.write(`${size.toString(8).padStart(11, '0')}\0`, 124);
  block.write('00000000000\0', 136);
  // The checksum counts its own field as blanks.
  block.write('        ', 148);
  block.write('0', 156);
  block.write('ustar\x0000', 257);
  block.write(prefix, 345);
  const sum = block.reduce((total, byte) => total + byte, 0);
  block.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148);
  return block;
}

/** A long path is cut at a slash: 155 bytes in front of it, 100 behind. */
function splitPath(path: string): [prefix: string, name: string] {
  if (Buffer.byteLength(path) <= 100) return ['', path];
  for (let at = path.indexOf('/'); at >= 0; at = path.indexOf('/', at + 1))
    if (at <= 155 && Buffer.byteLength(path) - at - 1 <= 100) return [path.slice(0, at), path.slice(at + 1)];
  throw new PublishProblem('path-invalid', `the path ${path} is too long for an archive`, {
    fix: 'give the service a shorter name',
  });
}
