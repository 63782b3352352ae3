import { nearest } from '../../findings';
import {
  type AnalysisTiming,
  analysisDefaults,
  BUILTIN_METRICS,
  canaryFaults,
  type Fault,
  faultRows,
  mergedSpec,
  providerOf,
  shellSafe,
  specSchemas,
} from '../../flagger';
import { atPath, dnsLabelError, type Fields, fieldsAt, parseGoDuration, remembered } from '../../kube';
import { countsRequests, MESH_FACTS, type Mesh, modeOf, seesGrpcStatus, sharesOnlyEntering } from '../../mesh';
import type { CatalogCode } from '../codes';
import type { Path, ProblemEdit } from '../problem';
import type { ResolvedService } from '../resolve';
import type { ServiceCheck, ServiceProblem } from './context';

type Report = (problem: ServiceProblem) => void;

/** @see RFC 6265, section 4.1.1: cookie-name is a token */
const COOKIE_NAME = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;

const canaryPath = (field: string | Path): Path => [
  'canary',
  ...(typeof field === 'string' ? (field === '' ? [] : [field]) : field),
];

/** A canary: what Flagger would refuse, stall on, or do otherwise. */
export const checkCanary: ServiceCheck = (context, report) => {
  const { canary } = context.service;
  if (!canary) return;
  const places = new Set<string>();
  checkFields(context, (problem) => {
    places.add(String(problem.path[1] ?? ''));
    report(problem);
  });
  // What has been said of a field in the catalog's own words is not said twice.
  for (const { path, fault } of faultsOf(context))
    if (!places.has(String(path[1])))
      report({
        code: 'canary',
        path,
        message: `${path.slice(1).join('.')} ${fault.says}`,
        cause: `${fault.cause[0]!.toUpperCase()}${fault.cause.slice(1)}.`,
        fix: fault.cure,
        ...(fault.edit && {
          edits: [fault.edit.value === undefined ? { path, remove: true } : { path, value: fault.edit.value }],
        }),
      });
};

/** Faults of the Canary that the fields make, by the table that constructs and rules read; only those that a field of the catalog says. */
function* faultsOf({ service, cluster }: Parameters<ServiceCheck>[0]): Generator<{ path: Path; fault: Fault }> {
  const canary = service.canary || {};
  const { provider } = MESH_FACTS[modeOf(cluster.platform)];
  const overlay = canary.spec ?? {};
  const { allow = [] } = canary;
  const faults = canary.spec
    ? canaryFaults(mergedSpec(specOf(canary, service, provider, service.name), canary.spec))
    : faultsOfText(JSON.stringify(specOf(canary, service, provider, 'a')));
  for (const fault of faults) {
    if (fault.severity === 'warning' && allow.includes(fault.code)) continue;
    const steps = fault.pointer
      .split('/')
      .slice(1)
      .map((step) => step.replaceAll('~1', '/').replaceAll('~0', '~'))
      .map((step) => (/^\d+$/.test(step) ? Number(step) : step));
    const isOverlaid = steps[0] !== undefined && atPath(overlay, steps.slice(0, 2)) !== undefined;
    if (isOverlaid) yield { path: ['canary', 'spec', ...steps], fault };
    else {
      const own = ['analysis', 'service', 'autoscalerRef'].includes(String(steps[0])) ? steps.slice(1) : steps;
      if (own.length > 0 && Object.hasOwn(canary, own[0]!)) yield { path: ['canary', ...own], fault };
      // What is wrong with the whole comes from the overlay where there is one.
      else if (canary.spec !== undefined) yield { path: ['canary', 'spec'], fault };
    }
  }
  for (const [index, code] of allow.entries()) {
    const row = faultRows.find((one) => one.code === code);
    if (row?.severity === 'warning') continue;
    const says = row ? `"${code}" cannot be allowed` : `"${code}" is no code of a fault`;
    const cause = row?.cause ?? 'the codes stand in the refusals themselves';
    yield {
      path: ['canary', 'allow', index],
      fault: { code: 'allow', severity: 'error', pointer: '', says, cause, cure: 'remove it' },
    };
  }
}

/** Of a `spec` as JSON: most services say the same, mostly by the defaults. Of names nothing is said here. */
const faultsOfText = remembered((text) => canaryFaults(JSON.parse(text) as Fields));

/** `spec` without metrics, load test and alerts, which have checks of their own. */
function specOf(
  canary: Exclude<ResolvedService['canary'], false | undefined>,
  service: ResolvedService,
  provider: string,
  name: string,
): Record<string, unknown> {
  const port = service.ports?.[0];
  // Bounds of the primary's autoscaler are judged beside those of the service (scaling.ts).
  const { webhooks, timeout, retries, progressDeadlineSeconds, suspend } = canary;
  const fields = Object.fromEntries(
    Object.entries(canary).filter(([field]) => ANALYSIS_FIELDS.has(field)),
  ) as AnalysisTiming;
  const said = mergedSpec(fields as Fields, fieldsAt(canary.spec, 'analysis')) as AnalysisTiming;
  const { reference, needsGatewayRefs } = providerOf(provider);
  return {
    provider,
    ...(reference?.isRequired && {
      [reference.field]: { apiVersion: reference.apiVersion, kind: reference.kind, name },
    }),
    targetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name },
    ...(progressDeadlineSeconds !== undefined && { progressDeadlineSeconds }),
    ...(suspend !== undefined && { suspend }),
    // An overlay may change a part of it.
    ...(service.autoscaling && {
      autoscalerRef: { apiVersion: 'autoscaling/v2', kind: 'HorizontalPodAutoscaler', name },
    }),
    service: {
      port: port?.port ?? 80,
      ...(port && { appProtocol: port.protocol }),
      ...(timeout !== undefined && { timeout }),
      ...(retries && { retries }),
      ...(needsGatewayRefs && { gatewayRefs: [{ name: 'a' }] }),
    },
    analysis: { ...analysisDefaults(said, provider), ...(webhooks && { webhooks }) },
  };
}

const ANALYSIS_FIELDS: ReadonlySet<string> = new Set(
  Object.keys(specSchemas.Canary.properties?.analysis?.properties ?? {}).filter(
    (field) => !['metrics', 'webhooks', 'alerts'].includes(field),
  ),
);

const checkFields: ServiceCheck = ({ service, cluster }, report) => {
  const { canary } = service;
  if (!canary) return;
  const mesh = modeOf(cluster.platform);
  const { provider } = MESH_FACTS[mesh];
  const { can, needsGatewayRefs: isGatewayApi = false, sharesAt } = providerOf(provider);
  const isUnrouted = sharesAt === 'nowhere';
  const { iterations, stepWeight, stepWeights, maxWeight, threshold, match, mirror, mirrorWeight, sessionAffinity } =
    canary;
  const wrong = (
    condition: boolean,
    field: string | Path,
    message: string,
    fix: string,
    cause?: string,
    code: CatalogCode = 'canary',
    edits?: readonly ProblemEdit[],
  ) => {
    if (condition) report({ code, path: canaryPath(field), message, cause, fix, ...(edits && { edits }) });
  };
  /** What means nothing where it stands, and goes. */
  const useless = (condition: boolean, field: string | Path, message: string, cause?: string) =>
    wrong(condition, field, message, 'remove it', cause, 'canary', [{ path: canaryPath(field), remove: true }]);
  const port = service.ports?.[0];
  wrong(
    sharesOnlyEntering(MESH_FACTS[mesh]) && !service.expose,
    '',
    `"${service.name}" has a canary and no expose, and provider "${mesh}" shares out only what comes in from outside`,
    'add expose, or write "canary": false: Kubernetes then rolls it out',
    'Callers inside the cluster go past the ingress controller: the canary would get no traffic.',
    'no-entrance',
  );
  wrong(
    !port,
    '',
    `"${service.name}" has a canary and no port`,
    'add ports, or switch the canary off',
    'Flagger splits traffic by port.',
    'no-port',
  );
  const strategies = Object.entries({ iterations, stepWeight, stepWeights }).filter(([, value]) => value !== undefined);
  wrong(
    strategies.length > 1,
    strategies[0]?.[0] ?? '',
    `a canary has one of iterations, stepWeight, stepWeights, not ${strategies.map(([field]) => field).join(' and ')}`,
    'keep one; a service that inherits stepWeight from the defaults cannot add another, so move the strategy out of the defaults',
    "Flagger's definition refuses more than one.",
  );
  const weighted = iterations === undefined;

  duration(canary.interval, ['canary', 'interval'], report, 10_000, 'Flagger would use 10s instead.');
  duration(canary.timeout, ['canary', 'timeout'], report);
  duration(canary.retries?.perTryTimeout, ['canary', 'retries', 'perTryTimeout'], report);
  duration(canary.metrics?.interval, ['canary', 'metrics', 'interval'], report, 1000);
  whole(threshold, 'threshold', 1, 1_000_000, report);
  whole(iterations, 'iterations', 1, 100_000, report);
  whole(stepWeight, 'stepWeight', 1, 100, report);
  whole(maxWeight, 'maxWeight', 1, 100, report);
  whole(canary.stepWeightPromotion, 'stepWeightPromotion', 1, 100, report);
  whole(mirrorWeight, 'mirrorWeight', 0, 100, report);
  whole(canary.primaryReadyThreshold, 'primaryReadyThreshold', 1, 100, report);
  whole(canary.canaryReadyThreshold, 'canaryReadyThreshold', 1, 100, report);
  whole(canary.progressDeadlineSeconds, 'progressDeadlineSeconds', 1, 2_147_483_647, report);
  whole(sessionAffinity?.maxAge, ['sessionAffinity', 'maxAge'], 1, 2_147_483_647, report);
  whole(canary.retries?.attempts, ['retries', 'attempts'], 0, 100, report);

  if (stepWeights) {
    const bad = stepWeights.findIndex(
      (weight, index) =>
        !Number.isInteger(weight) || weight < 1 || weight > 100 || (index > 0 && weight <= stepWeights[index - 1]!),
    );
    wrong(
      stepWeights.length === 0,
      'stepWeights',
      'stepWeights is empty',
      'list the weights, such as [5, 20, 50]',
      'The analysis would never advance.',
    );
    wrong(
      bad >= 0,
      ['stepWeights', bad],
      `stepWeights [${stepWeights.join(', ')}] must increase, each from 1 to 100`,
      'write a rising list such as [5, 20, 50]',
      'At a step that does not rise the analysis stands still for ever.',
      'canary',
      // The same steps in their order; what is no percentage needs a person.
      stepWeights.every((weight) => Number.isInteger(weight) && weight >= 1 && weight <= 100)
        ? [{ path: canaryPath('stepWeights'), value: [...new Set(stepWeights)].sort((a, b) => a - b) }]
        : undefined,
    );
    wrong(
      maxWeight !== undefined,
      'maxWeight',
      'maxWeight means nothing beside stepWeights',
      'remove it: the last step is the maximum',
      undefined,
      'canary',
      [{ path: canaryPath('maxWeight'), remove: true }],
    );
  }
  wrong(
    Boolean(match?.length) && weighted,
    'match',
    'match needs iterations',
    'add iterations for an A/B test',
    'With weights it would only narrow which requests are weighed.',
  );
  wrong(match?.length === 0, 'match', 'match is empty', 'list a match, or remove it');
  for (const [index, { headers, sourceLabels }] of (match ?? []).entries()) {
    const at = ['match', index];
    wrong(
      !headers && !sourceLabels,
      at,
      'a match has neither headers nor sourceLabels',
      'say which requests go to the canary',
      'It would match every request.',
    );
    for (const [header, value] of Object.entries(headers ?? {})) {
      wrong(
        header !== header.toLowerCase(),
        [...at, 'headers', header],
        `the header "${header}" has capital letters`,
        `write "${header.toLowerCase()}"`,
        'Istio compares header names in lower case only.',
        'canary',
        [{ path: canaryPath([...at, 'headers', header]), rename: header.toLowerCase() }],
      );
      wrong(
        Object.values(value).filter((text) => text !== undefined).length !== 1,
        [...at, 'headers', header],
        `the match of the header "${header}" has not exactly one form`,
        'keep one of exact, prefix, suffix, regex',
      );
      wrong(
        isGatewayApi && (value.prefix !== undefined || value.suffix !== undefined),
        [...at, 'headers', header],
        `the Gateway API cannot match a header by ${value.prefix === undefined ? 'suffix' : 'prefix'}`,
        'use exact or regex',
        'Flagger would drop the match and send all traffic to the canary.',
      );
    }
    wrong(
      isGatewayApi && !headers && Boolean(sourceLabels),
      at,
      'the Gateway API cannot match sourceLabels',
      'match a header',
      'Flagger would drop the match and send all traffic to the canary.',
    );
  }
  if (mirror) {
    wrong(
      Boolean(match?.length),
      'mirror',
      'mirror and match exclude each other',
      'drop one of them',
      'Flagger erases the mirror when it writes the match.',
    );
    wrong(
      Boolean(sessionAffinity) && weighted,
      'mirror',
      'mirror with sessionAffinity and weights never leaves weight 0',
      'drop one of them, or use iterations',
    );
    wrong(
      can.mirror === 'iterations' && weighted,
      'mirror',
      'on the Gateway API a mirror with weights never leaves weight 0',
      'use iterations',
    );
    useless(isUnrouted, 'mirror', 'without a mesh nothing is mirrored');
    useless(
      port?.protocol === 'tcp',
      'mirror',
      'TCP connections cannot be mirrored',
      'The analysis would never advance.',
    );
  }
  useless(
    port?.protocol === 'tcp' && Boolean(match?.length),
    'match',
    'TCP connections have no headers to match',
    'All connections would go to the canary.',
  );
  wrong(
    isUnrouted && (stepWeight !== undefined || stepWeights !== undefined),
    stepWeight === undefined ? 'stepWeights' : 'stepWeight',
    'without a mesh traffic cannot be weighed',
    'use iterations (Blue/Green)',
    'Flagger would warn at every tick and count ten iterations.',
  );
  useless(isUnrouted && Boolean(match?.length), 'match', 'without a mesh requests cannot be matched');
  useless(
    isUnrouted && sessionAffinity !== undefined,
    'sessionAffinity',
    'without a mesh there is no session affinity',
  );
  const cookie = sessionAffinity?.cookieName;
  wrong(
    cookie === '',
    ['sessionAffinity', 'cookieName'],
    'the cookie has no name',
    'write a name such as "shop-canary"',
  );
  wrong(
    cookie !== undefined && cookie !== '' && !COOKIE_NAME.test(cookie),
    ['sessionAffinity', 'cookieName'],
    `the cookie name ${JSON.stringify(cookie)} has characters that a cookie's name may not have`,
    'use letters, digits, "-" and "_"',
    'Browsers would cut or drop the cookie.',
  );
  for (const field of ['successRateMinPercent', 'durationMaxMilliseconds'] as const) {
    const bound = canary.metrics?.[field];
    if (typeof bound !== 'number') continue;
    // Shown at the port: the bound may be that of all services, for which it is right.
    if (port?.protocol === 'tcp')
      report({
        code: 'canary',
        path: ['ports', 0, 'protocol'],
        message: `"${service.name}" speaks tcp, and metrics.${field} ${bound} cannot be checked there`,
        cause: 'TCP connections have no requests to count.',
        fix: `write canary.metrics.${field}: false for this service, or a check of your own in metrics.custom`,
      });
    else if (
      port?.protocol === 'grpc' &&
      field === 'successRateMinPercent' &&
      countsRequests(MESH_FACTS[mesh]) &&
      !seesGrpcStatus(MESH_FACTS[mesh])
    )
      report({
        code: 'canary',
        path: ['ports', 0, 'protocol'],
        message: `"${service.name}" speaks grpc, and metrics.${field} ${bound} cannot be checked there: "${mesh}" counts HTTP codes`,
        cause: 'A failed gRPC call is HTTP 200.',
        fix: `write canary.metrics.${field}: false for this service, or a check of your own in metrics.custom`,
      });
    else if (!countsRequests(MESH_FACTS[mesh]))
      report({
        code: 'canary',
        path: canaryPath(['metrics', field]),
        message: `${field} ${bound} cannot be checked in cluster "${cluster.name}": with mesh "${mesh}" nobody counts requests where Flagger asks`,
        fix: `write ${field}: false in the defaults of this cluster, or a check of your own in metrics.custom`,
      });
  }
  const { reporter }: Mesh = MESH_FACTS[mesh];
  useless(
    port?.protocol === 'grpc' &&
      canary.metrics?.grpcSuccessCodes !== undefined &&
      reporter === undefined &&
      countsRequests(MESH_FACTS[mesh]),
    ['metrics', 'grpcSuccessCodes'],
    `grpcSuccessCodes are read where Istio counts, and with "${mesh}" it does not`,
  );
  checkMetrics(canary.metrics, Object.keys(cluster.platform.metricStores ?? {}), report);
  checkWebhooks(canary, report);
  const { loadTest } = canary;
  if (!loadTest) return;
  wrong(
    port?.protocol === 'tcp',
    'loadTest',
    'there is no load test for TCP',
    'write "loadTest": false in its canary',
    'The load tester speaks HTTP and gRPC.',
    'canary',
    [{ path: canaryPath('loadTest'), value: false }],
  );
  duration(loadTest.duration, ['canary', 'loadTest', 'duration'], report, 1000);
  whole(loadTest.requestsPerSecond, ['loadTest', 'requestsPerSecond'], 1, 1_000_000, report);
  whole(loadTest.concurrency, ['loadTest', 'concurrency'], 1, 100_000, report);
  wrong(
    loadTest.path !== undefined && !loadTest.path.startsWith('/'),
    ['loadTest', 'path'],
    `the path ${JSON.stringify(loadTest.path)} does not begin with "/"`,
    `write "/${loadTest.path}"`,
    undefined,
    'canary',
    [{ path: canaryPath(['loadTest', 'path']), value: `/${loadTest.path}` }],
  );
  const texts: [Path, string | undefined][] = [
    [['path'], loadTest.path],
    [['grpcCall'], loadTest.grpcCall],
    [['grpcProto'], loadTest.grpcProto],
    ...Object.entries(loadTest.headers ?? {}).flatMap(([name, value]): [Path, string][] => [
      [['headers', name], name],
      [['headers', name], value],
    ]),
  ];
  for (const [path, text] of texts) {
    wrong(
      text !== undefined && !shellSafe.test(text),
      ['loadTest', ...path],
      `${JSON.stringify(text)} has characters that a shell would read`,
      'use letters, digits, blanks and -_./?=&%~:@+,* only',
      'The load tester runs its command in a shell.',
    );
  }
};

function checkMetrics(
  metrics:
    | {
        successRateMinPercent?: false | number;
        durationMaxMilliseconds?: false | number;
        custom?: readonly {
          name: string;
          query: string;
          min?: number;
          max?: number;
          interval?: string;
          store?: string;
        }[];
      }
    | undefined,
  stores: readonly string[],
  report: Report,
): void {
  if (!metrics) return;
  const path = ['canary', 'metrics'];
  const { successRateMinPercent: rate, durationMaxMilliseconds: milliseconds } = metrics;
  if (typeof rate === 'number' && (rate <= 1 || rate > 100)) {
    // 0.999 * 100 is 99.9 and a bit.
    const percent = Math.round(rate * 1e8) / 1e6;
    report({
      code: 'metric-threshold',
      path: [...path, 'successRateMinPercent'],
      message: `successRateMinPercent ${rate} is not a percentage above 1 and up to 100`,
      cause: rate > 0 && rate <= 1 ? 'As a fraction it would let everything pass.' : undefined,
      fix: rate > 0 && rate <= 1 ? `write ${percent}` : 'write a percentage such as 99',
      ...(rate > 0 && rate <= 1 && { edits: [{ path: [...path, 'successRateMinPercent'], value: percent }] }),
    });
  }
  if (typeof milliseconds === 'number' && (!Number.isInteger(milliseconds) || milliseconds < 1)) {
    report({
      code: 'metric-threshold',
      path: [...path, 'durationMaxMilliseconds'],
      message: `durationMaxMilliseconds ${milliseconds} is not a whole number of milliseconds`,
      cause: 'Flagger cuts fractions off, so 0.5 would be 0 and fail every check.',
      fix: 'write milliseconds, such as 500',
    });
  }
  const names = new Set<string>();
  for (const [index, metric] of (metrics.custom ?? []).entries()) {
    const at = [...path, 'custom', index];
    const error = dnsLabelError(metric.name);
    if (error)
      report({
        code: 'invalid-name',
        path: [...at, 'name'],
        message: `the metric name ${JSON.stringify(metric.name)} ${error}`,
        fix: 'use a DNS label: it becomes a MetricTemplate',
      });
    if ((BUILTIN_METRICS as readonly string[]).includes(metric.name) || names.has(metric.name))
      report({
        code: 'duplicate-metric',
        path: [...at, 'name'],
        message: `the metric name "${metric.name}" is taken`,
        cause: 'Flagger would run its built-in query as well.',
        fix: 'choose another name',
      });
    names.add(metric.name);
    if (metric.min === undefined && metric.max === undefined)
      report({
        code: 'metric-threshold',
        path: at,
        message: `the metric "${metric.name}" has neither min nor max`,
        cause: 'Flagger would compare with 0.',
        fix: 'add min or max',
      });
    if (metric.min !== undefined && metric.max !== undefined && metric.min > metric.max)
      report({
        code: 'metric-threshold',
        path: [...at, 'min'],
        message: `min ${metric.min} is above max ${metric.max}`,
        fix: 'swap them',
        edits: [
          { path: [...at, 'min'], value: metric.max },
          { path: [...at, 'max'], value: metric.min },
        ],
      });
    if (metric.query.trim() === '')
      report({
        code: 'metric-query',
        path: [...at, 'query'],
        message: `the metric "${metric.name}" has an empty query`,
        fix: 'write PromQL for one number',
      });
    if (metric.store !== undefined && !stores.includes(metric.store)) {
      const near = nearest(metric.store, stores);
      report({
        code: 'metric-store',
        path: [...at, 'store'],
        message: `no metric store "${metric.store}"`,
        nearest: near,
        fix: near === undefined ? 'add it to platform.metricStores' : `write "${near}"`,
      });
    }
    duration(metric.interval, [...at, 'interval'], report, 1000);
  }
}

function checkWebhooks(
  { webhooks = [], loadTest }: Exclude<ResolvedService['canary'], false | undefined>,
  report: Report,
): void {
  const names = new Set<string>(loadTest ? ['load-test', 'load-test-start'] : []);
  for (const [index, hook] of webhooks.entries()) {
    const path = ['canary', 'webhooks', index];
    if (hook.name === '' || names.has(hook.name))
      report({
        code: 'webhook',
        path: [...path, 'name'],
        message: hook.name === '' ? 'a webhook has no name' : `the webhook name "${hook.name}" is taken`,
        fix: 'give each webhook its own name',
      });
    names.add(hook.name);
    if (!URL.canParse(hook.url) || !/^https?:$/.test(new URL(hook.url).protocol))
      report({
        code: 'webhook',
        path: [...path, 'url'],
        message: `${JSON.stringify(hook.url)} is not an http address`,
        fix: 'write it like "http://flagger-loadtester.flagger-system/"',
      });
    if (hook.retries !== undefined && (!Number.isInteger(hook.retries) || hook.retries < 0))
      report({
        code: 'invalid-number',
        path: [...path, 'retries'],
        message: `retries cannot be ${hook.retries}`,
        fix: 'write a whole number from 0 on',
      });
    duration(hook.timeout, [...path, 'timeout'], report, 1);
  }
}

function whole(value: number | undefined, field: string | Path, least: number, most: number, report: Report): void {
  if (value === undefined || (Number.isInteger(value) && value >= least && value <= most)) return;
  const path = ['canary', ...(typeof field === 'string' ? [field] : field)];
  report({
    code: 'invalid-number',
    path,
    message: `${path.at(-1)} cannot be ${value}`,
    fix: `write a whole number from ${least} to ${most}`,
    // Above the largest nothing else can be meant.
    ...(value > most && { edits: [{ path, value: most }] }),
  });
}

/** The definition of a Canary takes whole minutes and seconds only (`90s`, `2m`), Flagger itself any Go duration. */
function duration(text: string | undefined, path: Path, report: Report, leastMs = 1, cause?: string): void {
  if (text === undefined) return;
  const parsed = parseGoDuration(text);
  const error = parsed.ok
    ? /^[0-9]+(m|s)/.test(text)
      ? undefined
      : 'does not begin with whole minutes or seconds'
    : parsed.error;
  if (!parsed.ok || error !== undefined) {
    const meant = meantDuration(text, parsed.ok ? parsed.value : undefined);
    report({
      code: 'invalid-duration',
      path,
      message: `${path.at(-1)} ${JSON.stringify(text)} ${error}`,
      fix: 'write a duration such as "30s" or "2m"',
      ...(meant !== undefined && { edits: [{ path, value: meant }] }),
    });
  } else if (parsed.value < leastMs) {
    report({
      code: 'duration-too-short',
      path,
      message: `${path.at(-1)} "${text}" is ${leastMs < 1000 ? 'not above zero' : `below ${leastMs / 1000}s`}`,
      cause,
      fix: `write "${Math.ceil(leastMs / 1000)}s" or more`,
      edits: [{ path, value: `${Math.ceil(leastMs / 1000)}s` }],
    });
  }
}

/** A number without its unit is seconds; what is whole seconds in other units can be written in them. */
function meantDuration(text: string, milliseconds: number | undefined): string | undefined {
  if (/^[1-9][0-9]*$/.test(text)) return `${text}s`;
  return milliseconds !== undefined && milliseconds > 0 && milliseconds % 1000 === 0
    ? `${milliseconds / 1000}s`
    : undefined;
}
