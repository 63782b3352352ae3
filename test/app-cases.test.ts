import { cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { parseAllDocuments } from 'yaml';
import type { Finding } from '../lib/findings';
import { fieldsAt, type KubeObject, listAt } from '../lib/kube';
import { preflightCatalog, synthCatalog } from '../lib/synth';

/** Small catalogs that showed a fault (the workplace's shared folder). Without it these tests are skipped. */
const folder = resolve(process.env.AVIARY_APP_CASES ?? join(__dirname, '../../shared/cases/apps'));

interface Outcome {
  /** Of synth and of preflight, which must be the same: `severity code pointer: message`. */
  readonly findings: readonly string[];
  readonly notes: readonly string[];
  readonly fixes: readonly string[];
  /** What dist/ holds then; empty after an error. */
  readonly objects: readonly KubeObject[];
}

const line = ({ severity, code, place, message }: Finding) => `${severity} ${code} ${place.pointer}: ${message}`;
const isSaid = ({ severity }: Finding) => severity !== 'info';

async function run(name: string): Promise<Outcome> {
  const copy = mkdtempSync(join(tmpdir(), 'aviary-case-'));
  try {
    cpSync(join(folder, name), copy, { recursive: true });
    const catalog = join(copy, 'services.json');
    const outdir = join(copy, 'dist');
    const { findings } = await synthCatalog({ catalog, outdir });
    const preflight = preflightCatalog(catalog).findings;
    const said = findings.filter(isSaid).map(line);
    if (!findings.some(({ code }) => code === 'foreign-file')) expect(preflight.filter(isSaid).map(line)).toEqual(said);
    const files = existsSync(outdir) ? readdirSync(outdir, { recursive: true, encoding: 'utf8' }) : [];
    const objects = files
      .filter((file) => file.endsWith('.yaml'))
      .flatMap((file) => parseAllDocuments(readFileSync(join(outdir, file), 'utf8')))
      .map((document) => document.toJS() as KubeObject);
    const notes = findings.filter((finding) => !isSaid(finding)).map(line);
    return { findings: said, notes, fixes: findings.filter(isSaid).map(({ fix = '' }) => fix), objects };
  } finally {
    rmSync(copy, { recursive: true, force: true });
  }
}

const find = (objects: readonly KubeObject[], kind: string, name: string) =>
  objects.find((object) => object.kind === kind && object.metadata?.name === name);
const container = (objects: readonly KubeObject[], name: string) =>
  listAt(find(objects, 'Deployment', name), 'spec', 'template', 'spec', 'containers')[0];

const cases: Readonly<Record<string, (outcome: Outcome) => void>> = {
  '01-env-order': ({ findings, objects }) => {
    expect(findings).toEqual([]);
    expect(listAt(container(objects, 'a'), 'env')).toEqual([
      { name: 'SERVICE_NAME', value: 'a' },
      { name: 'ATTRS', value: 'service.name=$(SERVICE_NAME)' },
    ]);
  },
  '02-shared-account-later-wave': ({ findings }) => {
    expect(findings).toEqual([
      'error wave-cycle /services/0/serviceAccount/name: "db" needs the ServiceAccount "shared", which "web" makes, and "web" waits for "db": db → web → db',
    ]);
  },
  '13-two-creators': ({ findings }) => {
    expect(findings).toEqual([
      'error duplicate-object-name /services/1/serviceAccount/name: "b" and "a" (/services/0/serviceAccount/name) would both make the ServiceAccount "shared"',
    ]);
  },
  '03-field-of-missing-pod-label': ({ findings }) => {
    expect(findings).toEqual([
      'warning missing-pod-key /services/0/env/TEAM/field: the pods of "a" have no label "team": the variable will be empty',
    ]);
  },
  // It is said of the objects, and nothing reads it from the pods: podLabels would put it there.
  '08-component-label': ({ findings, objects }) => {
    expect(findings).toEqual([]);
    expect(fieldsAt(find(objects, 'Deployment', 'a'), 'metadata', 'labels')).toMatchObject({
      'app.kubernetes.io/component': 'a',
    });
  },
  '04-substitution-refused': ({ findings, objects }) => {
    expect(findings).toEqual([]);
    expect(listAt(container(objects, 'a'), 'command')).toEqual(['sh', '-c', 'exec app --port=${PORT:-8080}']);
    expect(find(objects, 'ConfigMap', 'a-conf')).toMatchObject({
      metadata: { annotations: { 'kustomize.toolkit.fluxcd.io/substitute': 'disabled' } },
      data: { 'relay.yaml': 'endpoint: ${env:MY_POD_IP}:4317' },
    });
    expect(fieldsAt(find(objects, 'Deployment', 'a'), 'metadata', 'annotations')).toHaveProperty(
      ['kustomize.toolkit.fluxcd.io/substitute'],
      'disabled',
    );
    expect(find(objects, 'Service', 'a')?.metadata.annotations).toBeUndefined();
    expect(objects.filter(({ kind, spec }) => kind === 'Kustomization' && fieldsAt(spec).postBuild)).toEqual([]);
  },
  ...Object.fromEntries(
    ['05-no-inbound-edge-false', '05b-no-inbound-edge-configmap'].map((name) => [
      name,
      ({ findings }: Outcome) => {
        expect(findings.filter((one) => one.includes('no-inbound-edge'))).toEqual([
          'warning no-inbound-edge /services/1: no caller of "details" of Canary "details" is known: no workload has its address where it can be seen, no route of a gateway leads to it, and no webhook of the analysis sends load; without requests the metric "request-success-rate" has no values',
        ]);
        expect(findings.filter((one) => one.startsWith('error'))).toEqual([]);
      },
    ]),
  ),
  '06-secrets-missed': ({ findings }) => {
    expect(findings).toEqual([
      'error literal-secret /services/0/args/3: "args" has a literal value behind --password, which takes a secret',
      'error literal-secret /services/0/env/DB_CONNECTION_STRING: "DB_CONNECTION_STRING" holds what looks like a password in a connection string',
      'error literal-secret /services/0/env/SECRET_KEY_BASE: the variable SECRET_KEY_BASE holds a literal value, and its name says that it is a secret',
      'error literal-secret /services/0/env/PGPASSWORD: the variable PGPASSWORD holds a literal value, and its name says that it is a secret',
    ]);
  },
  // Each is another field here; what is refused still is an image's root and a protocol that no mesh knows.
  '07-unknown-keys': ({ findings, fixes }) => {
    expect(findings.map((one) => one.split(': ')[0])).toEqual([
      'error unknown-value /services/0/ports/0/protocol',
      'error unknown-value /services/0/kind',
      'error unknown-key /services/0/envFrom',
      'error unknown-key /services/0/lifecycle',
      'error unknown-key /services/0/sidecars',
      'error unknown-key /services/0/imagePullSecrets',
      'error runs-as-root /services/0/securityContext/runAsUser',
      'error unknown-key /services/0/securityContext/capabilities',
      'error duplicate-volume /services/0/volumes/3/name',
      'error unknown-key /services/0/initContainers/0/volumeMounts',
      'error unknown-key /services/0/serviceAnnotations',
      'error unknown-key /services/0/env/M/resourceFieldRef',
    ]);
    expect(fixes).toEqual([
      'write "protocol": "tcp" and "transport": "UDP" beside it: the mesh passes it on as it is',
      'write one of "deployment", "statefulset", "daemonset", "job", "cronjob"',
      'write it as "container.envFrom" of the service',
      'write it as "container.lifecycle" of the service',
      'write it as "containers"',
      'write it as "pod.imagePullSecrets" of the service',
      'use a user from 1 on that the image can run as; for an image that runs as root only, write the whole context in pod.securityContext in place of this, and let platform.podSecurity admit it',
      'write it as "container.securityContext.capabilities" of the service',
      'if they are one volume, keep one of them and write its other places as "mounts": [{ "mountPath": "/e2" }]; else give each its own name',
      'write it as "mounts"',
      'write it as "metadata.Service.annotations" of the service',
      'write it as "resource"',
    ]);
  },
  '09-no-tag': ({ findings, notes }) => {
    expect(notes).toEqual([
      'info floating-tag /services/1/image/tag: the image of "b" has the tag "latest", which moves',
    ]);
    expect(findings).toEqual([
      'error image-without-version /services/0/image: the image of "a" has neither tag nor digest',
    ]);
  },
  '10-patch-statefulset': ({ findings }) => {
    expect(findings).toEqual(['error patch-operation /patches/0/operations/0/path: a patch may not change /kind']);
  },
  '12-init-network': ({ findings }) => expect(findings).toEqual([]),
  '15-own-manifests-in-dist': ({ findings }) => {
    expect(findings).toEqual([expect.stringMatching(/^error foreign-file /)]);
  },
  '16-patch-selector': ({ findings }) => {
    expect(findings).toEqual([expect.stringMatching(/^error selector-label \/patches\/0\/operations\/0: /)]);
  },
  '11-patch-sidecar': ({ findings }) => {
    expect(findings).toEqual([
      'error pod-security-refuses /patches/0/operations/2: namespace "shop" enforces Pod Security "restricted", and no pod of Deployment "a" is admitted. It asks for: container "server": runAsNonRoot: true, seccompProfile.type: RuntimeDefault; container "exporter": allowPrivilegeEscalation: false, capabilities.drop: [ALL], runAsNonRoot: true, seccompProfile.type: RuntimeDefault',
    ]);
  },
  '17-cap-patch': ({ findings }) => expect(findings).toEqual([]),
  '18-psa-patch': ({ findings }) => expect(findings).toEqual([]),
  '19-grpc-volume-unseen': ({ findings }) => {
    const words = (metric: string, name: string) =>
      `warning volume-too-low /services/${name === 'web' ? 0 : 1}: at 10 % Canary "${name}" gets 23 requests in the 45 s that "${metric}" sees (stated: shop/${name} gets 5 requests a second): one error is 4.4 %, and the minimum is 99`;
    expect(findings.filter((one) => one.includes('volume'))).toEqual([
      words('grpc-success-rate', 'cart'),
      words('request-success-rate', 'web'),
    ]);
  },
  '14-config-of-subpath': ({ findings }) => {
    expect(findings).toEqual([
      'error mount-path-is-file /services/0/config/0/mountPath: the folder "/etc/app/app.ini" has the name of its own file: the container would find /etc/app/app.ini/app.ini',
    ]);
  },
};

describe.each(Object.keys(cases))('%s', (name) => {
  const isHere = existsSync(join(folder, name));
  (isHere ? test : test.skip)('gives what its line in the table says', async () => cases[name]!(await run(name)));
});
