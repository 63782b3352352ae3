import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { memoryIo } from '../lib/cli/memory-io';
import { runProgram } from '../lib/cli/program';
import type { Finding } from '../lib/findings';

const cases = join(__dirname, '..', '..', 'shared', 'cases');
const hasKubectl = spawnSync('kubectl', ['version', '--client']).status === 0;

interface Expected {
  readonly right: string;
  readonly code: string;
  /** One of them is enough. */
  readonly must?: readonly string[];
  readonly must_not?: readonly string[];
  readonly errors_allowed_besides?: readonly string[];
}

const namesIn = (folder: string) => (existsSync(join(cases, folder)) ? readdirSync(join(cases, folder)).sort() : []);
const rows = ['repos', 'reports'].flatMap((folder) =>
  namesIn(folder)
    .filter((name) => existsSync(join(cases, folder, name, 'expected.json')))
    .map((name) => [`${folder}/${name}`, join(cases, folder, name)] as const),
);

async function preflight(cwd: string, manifests: string): Promise<Finding[]> {
  const io = memoryIo({ cwd, env: { PATH: process.env.PATH } });
  await runProgram(['preflight', '--manifests', manifests, '--format', 'json'], io);
  return (JSON.parse(io.out) as { findings: Finding[] }).findings;
}

/** Codes that say what a case asks for in words, where its file names none. */
const answers: Readonly<Record<string, readonly string[]>> = {
  'repos/03-two-objects-one-name': ['object-twice', 'maxweight-gt-100'],
  'repos/06-not-listed-by-kustomization': ['manifest-not-applied'],
  'repos/11-equality-matcher-with-regex': ['query-equality-regex'],
  'repos/13-bluegreen-load-by-gateway-host': ['bluegreen-no-load'],
  'repos/16-remedy-makes-deadlock': ['flux-depends-on-waiter'],
  'reports/01-1514-nginx-weights-beside-a-match': ['match-without-iterations'],
  'reports/03-968-contour-proxy-overwritten': ['route-takeover'],
  'reports/04-1223-contour-retries-without-retryon': ['made-object-refused'],
  'reports/05-1584-newrelic-plain-aggregate': ['store-answer-unread'],
  'reports/07-1256-scaledobjects-by-hand': ['hpa-without-autoscalerref'],
  'reports/08-1017-promotion-gate-halt': ['gate-never-opens'],
  'reports/16-10657-kuma-annotation-not-label': ['sidecar-not-injected'],
};

const known = rows.length > 0 && hasKubectl;
(known ? test : test.skip)('there are cases', () => expect(rows.length).toBeGreaterThan(25));

(known ? test : test.skip).each(known ? rows : [['../shared/cases or kubectl is not here', '']])(
  '%s',
  async (name, folder) => {
    const expected = JSON.parse(readFileSync(join(folder, 'expected.json'), 'utf8')) as Expected;
    const manifests = existsSync(join(folder, 'tree')) ? 'tree' : 'manifests.yaml';
    const findings = await preflight(folder, manifests);
    const codes = new Set(findings.map(({ code }) => code));
    const { must = [], must_not = [], errors_allowed_besides = [] } = expected;
    const wanted = [...must, ...(answers[name] ?? [])];
    if (must.length > 0) expect([...codes].filter((code) => wanted.includes(code))).not.toEqual([]);
    for (const code of answers[name] ?? []) expect([...codes]).toContain(code);
    expect([...codes].filter((code) => must_not.includes(code))).toEqual([]);
    const said = new Set([...must, ...(answers[name] ?? []), ...errors_allowed_besides]);
    if (expected.errors_allowed_besides)
      expect(findings.filter(({ severity, code }) => severity === 'error' && !said.has(code))).toEqual([]);
    // The same from elsewhere, by an absolute path.
    const fromElsewhere = await preflight('/', join(folder, manifests));
    expect(fromElsewhere.map(({ code }) => code)).toEqual(findings.map(({ code }) => code));
  },
);
