import { providerOf } from '../../flagger';
import { fieldsAt, textAt } from '../../kube';
import type { CanaryView } from '../../world';
import { canary, deployment } from '../case-manifests';
import { rule } from '../rule';

const tested = (provider: string, match: readonly object[]) => [
  deployment('web'),
  canary('web', {
    spec: { provider },
    analysis: { stepWeight: undefined, maxWeight: undefined, iterations: 5, match },
  }),
];

export default rule({
  id: 'ab-match-unsaid',
  severity: 'error',
  effect: 'fails',
  since: '0.3.0',
  why: 'The conditions of an A/B test are those of Istio; other providers can say a part of them. ingress-nginx knows one header, and one cookie by its name, which sends to the canary where its value is "always": a pattern for a cookie gives no condition at all, and no request reaches the canary. Contour refuses a route with two header conditions of Flagger, because each brings its own prefix. Gloo joins all conditions with "and".',
  cause: 'the provider cannot say this condition, and Flagger leaves it out or writes a route that is refused',
  source: [
    'fluxcd/flagger v1.44 pkg/router/ingress.go (SetRoutes, makeHeaderAnnotations), pkg/router/contour.go (makeConditions), pkg/router/gloo.go (getHeaderMatchers)',
    'ingress-nginx docs/user-guide/nginx-configuration/annotations.md (canary-by-cookie)',
    'projectcontour/contour 1.33 internal/dag/conditions.go (pathMatchConditionsValid)',
  ],
  codes: [],
  restsOn: ['provider'],
  each: 'canary',
  check(one, report) {
    const { value } = one.provider;
    if (one.analysis.strategy !== 'a/b' || one.isIstio || one.isGatewayApi) return;
    for (const { pointer, says, fix } of faultsOf(one))
      report(one, {
        pointer: `${one.analysisPointer}/match${pointer}`,
        message: `${says} in the A/B test of Canary "${one.name}", with provider ${value}`,
        fix,
      });
  },
  cases: () => ({
    bad: [
      {
        name: 'a cookie by a pattern on nginx',
        manifests: tested('nginx', [{ headers: { cookie: { regex: '^(.*?;)?(canary=always)(;.*)?$' } } }]),
        expect: [
          {
            object: 'Canary shop/web',
            pointer: '/spec/analysis/match/0/headers/cookie',
            message:
              'a cookie is matched by regex, which becomes no condition at all: no request reaches the canary, in the A/B test of Canary "web", with provider nginx',
          },
        ],
        mended: tested('nginx', [{ headers: { cookie: { exact: 'canary' } } }]),
      },
      {
        name: 'a cookie with its value on nginx',
        manifests: tested('nginx', [{ headers: { cookie: { exact: 'canary=always' } } }]),
        expect: [{ object: 'Canary shop/web', pointer: '/spec/analysis/match/0/headers/cookie/exact' }],
      },
      {
        name: 'two headers on nginx',
        manifests: tested('nginx', [
          { headers: { 'x-canary': { exact: 'yes' } } },
          { headers: { 'x-beta': { exact: 'yes' } } },
        ]),
        expect: [
          {
            object: 'Canary shop/web',
            pointer: '/spec/analysis/match',
            message:
              'the headers x-canary, x-beta are matched, and one of them alone becomes a condition, in the A/B test of Canary "web", with provider nginx',
          },
        ],
      },
      {
        name: 'a kind of match that the provider has not',
        manifests: tested('contour', [{ headers: { 'x-canary': { regex: 'y.*' } } }]),
        expect: [{ object: 'Canary shop/web', pointer: '/spec/analysis/match/0/headers/x-canary' }],
      },
      {
        name: 'two headers on Contour',
        manifests: tested('contour', [{ headers: { 'x-canary': { exact: 'yes' }, 'x-user': { exact: 'a' } } }]),
        expect: [{ object: 'Canary shop/web', pointer: '/spec/analysis/match' }],
      },
    ],
    good: [
      { name: 'one header', manifests: tested('nginx', [{ headers: { 'x-canary': { exact: 'yes' } } }]) },
      {
        name: 'a header and a cookie by its name',
        manifests: tested('nginx', [
          { headers: { 'x-canary': { exact: 'yes' } } },
          { headers: { cookie: { exact: 'canary' } } },
        ]),
      },
      { name: 'one header on Contour', manifests: tested('contour', [{ headers: { 'x-canary': { exact: 'yes' } } }]) },
      {
        name: 'Istio knows them all',
        manifests: tested('istio', [{ headers: { cookie: { regex: '.*' } } }, { headers: { a: { prefix: 'b' } } }]),
      },
    ],
  }),
});

interface Fault {
  /** Below the match. */
  readonly pointer: string;
  readonly says: string;
  readonly fix: string;
}

interface Header {
  readonly name: string;
  readonly match: Readonly<Record<string, unknown>>;
  readonly pointer: string;
}

function faultsOf({ provider: { value }, analysis }: CanaryView): Fault[] {
  const headers = analysis.match.flatMap((match, index) => {
    const all = fieldsAt(match, 'headers');
    return Object.keys(all).map(
      (name): Header => ({ name, match: fieldsAt(all, name), pointer: `/${index}/headers/${name}` }),
    );
  });
  const isNginx = value === 'nginx';
  const cookies = headers.filter(({ name }) => isNginx && name.toLowerCase() === 'cookie');
  const others = headers.filter((header) => !cookies.includes(header));
  const { matchHeaders } = providerOf(value).can;
  const known: readonly string[] = matchHeaders;
  return [
    ...cookies.flatMap(cookieFault),
    ...others.flatMap(({ name, match, pointer }): Fault[] =>
      Object.keys(match)
        .filter((kind) => matchHeaders.length > 0 && !known.includes(kind))
        .map((kind) => ({
          pointer,
          says: `header ${name} is matched by ${kind}, which Flagger leaves out`,
          fix: `match it by ${matchHeaders.join(' or ')}`,
        })),
    ),
    ...manyFaults(value, isNginx ? others : headers),
  ];
}

function cookieFault({ match, pointer }: Header): Fault[] {
  const exact = textAt(match, 'exact');
  if (exact === undefined)
    return [
      {
        pointer,
        says: `a cookie is matched by ${Object.keys(match).join(' and ')}, which becomes no condition at all: no request reaches the canary,`,
        fix: 'write the name of a cookie: cookie: {exact: canary}; requests that carry it with the value always reach the canary',
      },
    ];
  const [name = '', value] = exact.split('=');
  if (value === undefined) return [];
  return [
    {
      pointer: `${pointer}/exact`,
      says: `"${exact}" is taken for the name of a cookie: no request carries one of that name,`,
      fix: `write its name alone: cookie: {exact: ${name.trim()}}; requests that carry it with the value always reach the canary`,
    },
  ];
}

/** Several headers, where the provider takes one. */
function manyFaults(provider: string, headers: readonly Header[]): Fault[] {
  const names = [...new Set(headers.map(({ name }) => name))].join(', ');
  if (headers.length < 2 || (provider !== 'nginx' && provider !== 'contour')) return [];
  return [
    {
      pointer: '',
      says:
        provider === 'nginx'
          ? `the headers ${names} are matched, and one of them alone becomes a condition,`
          : `${headers.length} conditions for headers (${names}) each bring a prefix of their own, and Contour refuses the HTTPProxy,`,
      fix: 'match one header, which those who take part send',
    },
  ];
}
