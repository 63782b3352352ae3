import type { Finding } from '../findings';
import { editJson, fromPointer } from '../findings';
import { load, sound } from './load.fixture';

type Change = (catalog: any) => void;

/** The mistakes of the other tests: a row's name, what it breaks. */
function mistakes(files: readonly string[]): [string, Change][] {
  const rows: [string, Change][] = [];
  const collect = (table: readonly unknown[]) => () => {
    for (const row of table)
      if (Array.isArray(row) && typeof row[0] === 'string' && typeof row[1] === 'function') rows.push([row[0], row[1]]);
  };
  const known = { test: globalThis.test, describe: globalThis.describe };
  const none = Object.assign(() => undefined, { each: collect, skip: () => undefined });
  const inside = Object.assign((_: string, body: () => void) => body(), { each: () => () => undefined });
  Object.assign(globalThis, { test: none, describe: inside });
  try {
    jest.isolateModules(() => {
      for (const file of files) require(file);
    });
  } finally {
    Object.assign(globalThis, known);
  }
  return rows;
}

/** What stands at a pointer: its parent, and the key in it. */
function at(catalog: any, pointer: string): { parent: any; key: string } {
  const names = fromPointer(pointer);
  let parent = catalog;
  for (const name of names.slice(0, -1)) parent = parent?.[name];
  return { parent, key: names.at(-1)! };
}

function remove(catalog: any, pointer: string): void {
  const { parent, key } = at(catalog, pointer);
  if (Array.isArray(parent)) parent.splice(Number(key), 1);
  else if (parent) delete parent[key];
}

function write(catalog: any, pointer: string, value: unknown): void {
  const { parent, key } = at(catalog, pointer);
  parent[key] = value;
}

interface Asked {
  readonly catalog: any;
  readonly pointer: string;
  readonly words: RegExpExecArray;
  readonly finding: Finding;
  /** What stands there. */
  readonly value: any;
  /** The service in which it stands. */
  readonly service: any;
}
type Remedy = (asked: Asked) => void;

const drop: Remedy = ({ catalog, pointer }) => remove(catalog, pointer);
const put =
  (value: unknown): Remedy =>
  ({ catalog, pointer }) =>
    write(catalog, pointer, value);
const first: Remedy = ({ catalog, pointer, words }) => write(catalog, pointer, words[1]);
const number: Remedy = ({ catalog, pointer, words }) => write(catalog, pointer, Number(words[1]));
/** Into the object that stands there, or is the service. */
const into =
  (fields: object): Remedy =>
  ({ value }) =>
    Object.assign(value, fields);
const inService =
  (fields: object): Remedy =>
  ({ service }) =>
    Object.assign(service, fields);
const named = (catalog: any, name: string) => catalog.services.find((one: any) => one.name === name);
const without =
  (...fields: string[]): Remedy =>
  ({ value }) => {
    for (const field of fields) delete value[field];
  };
/** The key, where the message is about it, else the value. */
const renamed: Remedy = ({ catalog, pointer, finding, value }) => {
  if (typeof value === 'object' && 'name' in value) {
    value.name = 'valid';
    return;
  }
  const { parent, key } = at(catalog, pointer);
  if (!finding.message.includes(JSON.stringify(key)) || Array.isArray(parent)) return write(catalog, pointer, 'valid');
  const VALID = 'VALID';
  const valid = finding.code === 'invalid-env-name' ? VALID : 'valid';
  parent[valid] = parent[key];
  delete parent[key];
};
const canaryOff = inService({ canary: false });
const secret = { secret: { name: 'web', key: 'value' } };

/** What the words of a fix mean to a person: the first that fits. A fix in new words needs a line here, unless it brings its edits. */
const REMEDIES: readonly (readonly [RegExp, Remedy])[] = [
  // By the whole sentence.
  [/^add "name": "…"$/, into({ name: 'cart' })],
  [/^put large files/, put({ a: '' })],
  [
    /^put the value into a Secret .* and refer to it/,
    ({ catalog, pointer, service }) => {
      service.env = { ...service.env, DB_PASSWORD: secret };
      write(catalog, pointer, '--db-password=$(DB_PASSWORD)');
    },
  ],
  [/^add one of them, such as "(\w+)": 1$/, ({ value, words }) => (value[words[1]!] = 1)],
  [/^remove "(account|labels)": what is/, drop],
  [
    /^put them into image\.tag/,
    ({ service }) => {
      const [repository, tag] = service.image.repository.split(':');
      service.image = { repository, tag };
    },
  ],
  [/^add "protocol": …$/, into({ protocol: 'http' })],
  [/^add "value": …$/, into({ value: 'x' })],
  [
    /^add "(\w+)" to "podAnnotations"$/,
    ({ service, words }) => (service.podAnnotations = { ...service.podAnnotations, [words[1]!]: 'x' }),
  ],
  [
    /^add "(\w+)" to "podLabels"/,
    ({ service, words }) => (service.podLabels = { ...service.podLabels, [words[1]!]: 'x' }),
  ],
  [
    /^add "(\w+)" to the clusters of "(\w+)"/,
    ({ catalog, words }) => named(catalog, words[2]!).clusters.push(words[1]),
  ],
  [
    /^add "(\w+)" to its clusters/,
    ({ catalog, pointer, words }) => named(catalog, fromPointer(pointer).at(-1)!).clusters.push(words[1]),
  ],
  [/\badd (\w+) to env, or write/, ({ service, words }) => (service.env = { ...service.env, [words[1]!]: 'x' })],
  [/^add a file, or remove the entry$/, put({ 'a.ini': '' })],
  [/^add a host such as/, put(['shop.{domain}'])],
  [/^add a host$/, put(['api.example.com'])],
  [/^add a key, or operator/, into({ key: 'a' })],
  [/^add a port$/, put([{ port: 443, protocol: 'tcp' }])],
  [/^add a tag, such as "([^"]+)"/, first],
  [/^add a term, or remove/, put([{ matchExpressions: [{ key: 'a', operator: 'Exists' }] }])],
  [/^add autoscaling, or remove/, drop],
  [/^add cronJob: (.*)$/, ({ service, words }) => (service.cronJob = JSON.parse(words[1]!))],
  [
    /^add image\.tag or image\.digest$/,
    ({ service }) =>
      (service.image =
        typeof service.image === 'string' ? `${service.image}:1.0.0` : { ...service.image, tag: '1.0.0' }),
  ],
  [
    /^add iterations for an A\/B test$/,
    ({ service }) => {
      for (const field of ['stepWeight', 'maxWeight', 'stepWeights']) service.canary[field] = undefined;
      Object.assign(service.canary, { iterations: 5 });
    },
  ],
  [/^add its namespace/, into({ namespace: 'jobs' })],
  [/^add the namespace of its pods$/, ({ catalog, pointer }) => (at(catalog, pointer).parent.namespace = 'jobs')],
  [/^add min or max$/, into({ max: 1 })],
  [/^add one, or remove the patch$/, ({ catalog, pointer }) => remove(catalog, pointer.replace(/\/operations$/, ''))],
  [/^add one: name, domain, flux$/, put([{ name: 'a', domain: 'example.com', flux: { mode: 'gotk' } }])],
  [
    /^add ports to "(\w+)"/,
    ({ catalog, words }) => (named(catalog, words[1]!).ports = [{ port: 80, protocol: 'http' }]),
  ],
  [/^add ports, or set clusterIP/, into({ ports: [{ name: 'http', port: 81 }] })],
  [/\badd ports\b/, inService({ ports: [{ port: 80, protocol: 'http' }] })],
  [
    /^add the service, or write the address as text/,
    ({ catalog, pointer }) => write(catalog, pointer.replace(/\/service$/, ''), 'cart.example.com'),
  ],
  [
    /^add the volume "(\w+)" to volumes$/,
    ({ service, words }) =>
      (service.volumes = [
        ...(service.volumes ?? []),
        { name: words[1], mountPath: `/${words[1]}-added`, emptyDir: {} },
      ]),
  ],
  [/^begin with "\/", and put/, put('/shop.Cart/Get')],
  [/^begin with "\/"/, ({ catalog, pointer, value }) => write(catalog, pointer, `/${value}`)],
  [/^change what the object says/, put('/spec/x')],
  [/^choose another name$|^give the metric another name|\bgive the volume another name/, put('another')],
  [/^drop one of them/, drop],
  [/^add expose, or write "canary": false/, ({ service }) => (service.canary = false)],
  [/^add region$/, into({ region: 'eu-west-1' })],
  [/^add secretName: /, into({ secretName: 'store' })],
  [
    /^let it come in by the gateway: .*, or give it pods in the mesh/,
    ({ value }) => {
      delete value.cidrs;
      value.namespace = 'office';
    },
  ],
  [/^remove one of the two$/, ({ catalog }) => delete catalog.platform.mesh],
  [/^remove policies, or use a mesh$/, drop],
  [/^remove "create": false, or name the account/, ({ service }) => delete service.serviceAccount.create],
  [
    /^put an http port first, or remove expose/,
    ({ service }) => service.ports.unshift({ port: 8088, protocol: 'http' }),
  ],
  [
    /^give each Service its own name|^give each claim its own name$|^give each container its own|^give each port its own name$|^give each webhook its own name$|^give each its own name, or make/,
    put('own'),
  ],
  [/^give each its own folder$/, put('/own-folder')],
  [
    /^give each its own name; to share the account, let "(\w+)" make it and write (\{.*?\}) as serviceAccount of "(\w+)"/,
    ({ catalog, words }) => (named(catalog, words[3]!).serviceAccount = JSON.parse(words[2]!)),
  ],
  [/^give each port a name$/, into({ name: 'own' })],
  [/^give each port its own number and name$/, into({ port: 4321, name: 'own' })],
  [/^give each port its own number$/, put(4321)],
  [/^give each service a host of its own$/, put('own.{domain}')],
  [
    /^give it exactly one of (.+)$/,
    ({ value, words }) => {
      const [kept, ...others] = words[1]!.split(', ').sort((a, b) => Number(b in value) - Number(a in value));
      for (const other of others) delete value[other];
      value[kept!] ??= {};
    },
  ],
  [/^give the services a namespace of their own$/, put('shop')],
  [/^if they are one volume, keep one of them|else give each its own name$/, put('own')],
  [/^keep one of (exact, prefix, suffix, regex)$/, without('regex')],
  [/^keep one of service, secret/, without('secret', 'configMap', 'field', 'resource')],
  [
    /^keep one of them$/,
    ({ catalog, pointer, value }) =>
      'maxUnavailable' in value ? delete value.maxUnavailable : remove(catalog, pointer),
  ],
  [/^keep one; a service that inherits/, drop],
  [/^keep one; autoscaling: false/, drop],
  [
    /^let "(\w+)" make it: remove "create": false there, and write (\{.*?\}) as serviceAccount of "(\w+)"/,
    ({ catalog, words }) => {
      delete named(catalog, words[1]!).serviceAccount.create;
      named(catalog, words[3]!).serviceAccount = JSON.parse(words[2]!);
    },
  ],
  [
    /or write the same "wave" for (.+) to release them side by side$/,
    ({ catalog, words }) => {
      for (const [, name] of words[1]!.matchAll(/"([\w-]+)"/g)) named(catalog, name!).wave = 0;
    },
  ],
  [/^list ".*" before ".*", or name one of "(\w+)"/, first],
  [/^list a match, or remove it$/, drop],
  [/^list the weights, such as (.*)$/, ({ catalog, pointer, words }) => write(catalog, pointer, JSON.parse(words[1]!))],
  [/^list values$/, into({ values: ['x'] })],
  [/^lower the request or raise the limit$/, drop],
  [/or set canary to false( for this service)?$|^set canary to false/, canaryOff],
  [
    /^make two entries of it/,
    ({ catalog, pointer, value }) => {
      const { cidrs, namespace, ...rest } = value;
      at(catalog, pointer).parent.splice(0, 1, { ...rest, namespace }, { name: `${rest.name}-outside`, cidrs });
    },
  ],
  [/^match a header$|^say which requests go to the canary$/, put({ headers: { 'x-canary': { exact: 'always' } } })],
  [/^mount it at a shorter path$|^mount it at another path/, put('/other')],
  [/^name a cluster, remove the field/, drop],
  [/^put an http or grpc port first/, drop],
  [/^put it into a Secret and write|and write \{ "secret": /, put(secret)],
  [/^put it into a file of config/, drop],
  [
    /^put large/,
    ({ catalog, pointer, service }) =>
      pointer.split('/').length > 3
        ? remove(catalog, pointer)
        : Object.assign(service, { env: {}, args: [], podAnnotations: {}, config: [] }),
  ],
  [/^put the value into a Secret .* and refer to it/, put('--db-password=$(DB_PASSWORD_FILE)')],
  [/^put their files into one entry/, put('/elsewhere')],
  [
    /^remove "(methods|paths)"$/,
    ({ catalog, pointer, words }) => remove(catalog, pointer.endsWith(words[1]!) ? pointer : `${pointer}/${words[1]}`),
  ],
  [/^remove workloadName/, inService({ workloadName: undefined })],
  [/^remove them, or set restartPolicy/, drop],
  [
    /^remove the value, or use operator|^remove the values$/,
    ({ catalog, pointer, value }) => (typeof value === 'object' ? delete value.values : remove(catalog, pointer)),
  ],
  [/^remove (it|them|replicas|expose|promotion)\b/, drop],
  [/^rename or remove one$/, put('renamed')],
  [/^rename the service "(\w+)" to "(\w+)"/, ({ catalog, words }) => (named(catalog, words[1]!).name = words[2])],
  [/^rename the service$/, put('renamed')],
  [/^say why/, put('seen, and meant')],
  [/^set "DoNotSchedule", or remove|^set effect "NoExecute", or remove|^set kind to ".*", or remove/, drop],
  [/^set replicas to 1 or more/, put(1)],
  [
    /^shorten it by (\d+)/,
    ({ catalog, pointer, value, words }) => write(catalog, pointer, value.slice(Number(words[1]))),
  ],
  [/^shorten it, or make it/, put('short')],
  [/^take \$\((\w+)\) out of (\w+)$/, put('x')],
  [/^use a user from 1 on/, put(1000)],
  [/^use exact or regex$/, put({ exact: 'b' })],
  [
    /^use iterations/,
    ({ service }) => {
      for (const field of ['stepWeight', 'maxWeight', 'stepWeights']) service.canary[field] = undefined;
      service.canary.iterations = 5;
    },
  ],
  [/^use limits\. or requests\..* such as "([^"]+)"/, first],
  [/^use metadata\.name, /, put('metadata.name')],
  [/^use letters, digits, "_", "\." and "-", at most 128$/, put('v1')],
  [
    /^use letters, digits, blanks/,
    ({ catalog, pointer, value }) =>
      write(catalog, pointer, typeof value === 'string' && value.startsWith('/') ? '/valid' : 'valid'),
  ],
  [/^use (a DNS label|lower case letters|letters, digits)/, renamed],
  [/^write "\/", or "subPath"/, put('/')],
  [/^write "sha256:" and 64/, put(`sha256:${'0'.repeat(64)}`)],
  [/^write \$\((\w+)\), add/, ({ catalog, pointer, words }) => write(catalog, pointer, `a=$(${words[1]})`)],
  [/^write PromQL/, put('sum(rate(errors_total[1m]))')],
  [/^write a DNS name; /, put('other.{domain}')],
  [/^write a list$/, put([{ port: 80, protocol: 'http' }])],
  [/^write a name such as "team"/, renamed],
  [/^write a name such as "([^"]+)"/, first],
  [/^write a number$/, put(2)],
  [
    /^write a quantity such as "(\w+)" \(CPU\) or "(\w+)" \(memory\)/,
    ({ catalog, pointer, words }) => write(catalog, pointer, words[/cpu/i.test(pointer) ? 1 : 2]),
  ],
  [/^write a relative path without/, put('c')],
  [/^write a whole number from 1 to 65535$/, put(4321)],
  [/^write a (?:whole )?number from (\d+)/, number],
  [/^write a whole number, or a percentage such as "([^"]+)"/, first],
  [
    /^write a percentage such as (\d+)$|^write milliseconds, such as (\d+)$/,
    ({ catalog, pointer, words }) => write(catalog, pointer, Number(words[1] ?? words[2])),
  ],
  [
    /^write exactly one of rules, role and clusterRole/,
    ({ value }) => {
      for (const field of ['rules', 'role', 'isClusterWide']) delete value[field];
      value.clusterRole = 'view';
      value.isClusterWide = true;
    },
  ],
  [/^write false or an object$/, put({})],
  [/^write five fields, such as "([^"]+)"/, first],
  [/^write for instance (\{.*\})$/, ({ catalog, pointer, words }) => write(catalog, pointer, JSON.parse(words[1]!))],
  [/^write one of "([^"]+)"/, first],
  [/^write one of (\d+)/, number],
  [/^write one whole number, in quotes$/, into({ values: ['1'] })],
  [/^write the command as a list/, put(['true'])],
  [
    /^write the hosts as "expose", and remove (\w+)$/,
    ({ service, words }) => {
      delete service[words[1]!];
      service.expose = { hosts: ['web.{domain}'] };
    },
  ],
  [
    /^write the key of the taint$|^write the label as it is|^write the value (as it is|of the taint)|^write the name of a namespace$|^write the name of the object|^write the key as it is/,
    renamed,
  ],
  [/^write the tag with quotes/, put('1.1')],
  [/^write the whole reference as image, such as "([^"]+)"/, ({ service, words }) => (service.image = words[1])],
  [/(?:such as|like) "([^"]+)"/, first],
  [/, or remove it$/, drop],
];

/** Carries out the fix; false where nothing here knows how. */
function carryOut(catalog: any, finding: Finding): boolean {
  const { place, edits, fix = '' } = finding;
  // The machine is refused where a key would stand twice (lib/synth/fix-catalog.test.ts).
  if (edits && !fix.endsWith('is there already')) {
    const changed = JSON.parse(editJson(JSON.stringify(catalog, null, 2), edits));
    for (const key of Object.keys(catalog)) delete catalog[key];
    Object.assign(catalog, changed);
    return true;
  }
  for (const [pattern, remedy] of REMEDIES) {
    const words = pattern.exec(fix);
    if (!words) continue;
    const { parent, key } = at(catalog, place.pointer!);
    const service = catalog.services?.[fromPointer(place.pointer!)[1] ?? ''];
    remedy({ catalog, pointer: place.pointer!, words, finding, value: parent?.[key], service });
    return true;
  }
  return false;
}

const rows = mistakes(['./checks/checks.test', './checks/canary.test', './checks/callers.test', './load.test']);
const findingsOf = (catalog: unknown) =>
  load(JSON.stringify(catalog, null, 2)).findings.filter(({ severity }) => severity !== 'info');

/** Each mistake with each of its findings. */
const cases = rows.flatMap(([name, change]) => {
  const catalog = sound();
  change(catalog);
  const findings = findingsOf(catalog);
  return findings.map((finding, index) => ({ name, catalog, findings, finding, index }));
});

test('the law is tried on what the other tests break', () => {
  expect(rows.length).toBeGreaterThan(150);
  expect(new Set(cases.map(({ finding }) => finding.code)).size).toBeGreaterThan(90);
});

test.each(cases.map((one) => [`${one.name}: ${one.finding.code} at ${one.finding.place.pointer}`, one] as const))(
  'the fix as written makes it go, and brings no error: %s',
  (_, { catalog, finding, findings }) => {
    const mended = structuredClone(catalog);
    expect([finding.fix, carryOut(mended, finding)]).toEqual([finding.fix, true]);
    // By the number of each code: what is removed from a list moves its neighbours.
    const [before, after] = [findings, findingsOf(mended)].map((all) => {
      const counts = new Map<string, number>();
      for (const { code } of all) counts.set(code, (counts.get(code) ?? 0) + 1);
      return counts;
    }) as [Map<string, number>, Map<string, number>];
    const more = [...after].filter(([code, count]) => count > (before.get(code) ?? 0));
    expect(more).toEqual([]);
    expect(after.get(finding.code) ?? 0).toBeLessThan(before.get(finding.code)!);
  },
);
