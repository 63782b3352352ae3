import { defaults } from '../flagger';
import type { PodSet, PolicyPort, PolicyService } from './types';

const NAME_LABEL = 'app.kubernetes.io/name';

/**
 * The pods of a service, its primary's too. By default they have two labels, `app` and `app.kubernetes.io/name`; Flagger gives
 * the primary another `app` and copies the other one.
 * @see fluxcd/flagger v1.44 pkg/canary/util.go makePrimaryLabels
 */
export function podsOf(service: PolicyService, usualNamespace: string): PodSet {
  const { workloadName, name: ofService, selector, podLabels, canary, namespace = usualNamespace } = service;
  const name = workloadName ?? ofService;
  if (selector === undefined && podLabels?.[NAME_LABEL] === undefined) {
    if (isForeignChart(service)) return { namespace, labels: { 'app.kubernetes.io/instance': name } };
    return { namespace, labels: { [NAME_LABEL]: name } };
  }
  const labels = selector ?? { app: name };
  const key = defaults.selectorLabels.find((label) => labels[label] !== undefined);
  if (!canary || key === undefined) return { namespace, labels };
  const { [key]: value = '', ...others } = labels;
  return { namespace, labels: others, either: { key, values: [value, `${value}-primary`] } };
}

/** Charts that nobody here wrote label their pods with the release's name. @see helm.sh/docs/chart_best_practices/labels */
const isForeignChart = ({ release }: PolicyService): boolean =>
  typeof release === 'object' && release.chart !== undefined;

/** `<namespace>/<account>`: as whom its pods call others. */
export function accountOf(
  { name, workloadName = name, namespace, serviceAccount }: PolicyService,
  usualNamespace: string,
): string {
  // Where none is made and none is named, Kubernetes takes the namespace's.
  const own = serviceAccount?.create === false ? 'default' : workloadName;
  return `${namespace ?? usualNamespace}/${serviceAccount?.name ?? own}`;
}

/** A port of a service, as its pods have it. */
export function policyPort({
  port,
  targetPort = port,
  transport,
}: NonNullable<PolicyService['ports']>[number]): PolicyPort {
  return {
    port: targetPort,
    ...(transport === undefined || transport === 'TCP' ? {} : { transport }),
    ...(targetPort === port ? {} : { servicePort: port }),
  };
}
