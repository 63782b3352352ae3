import { nearest } from '../../findings';
import { parseGoDuration } from '../../kube';
import type { Path, Problem } from '../problem';
import type { ResolvedCluster, ResolvedService } from '../resolve';
import type { ReleaseSettings } from '../schema';
import { wavesOf, wayBetween } from '../waves';
import type { ServiceCheck } from './context';

/** Settings that only somebody else's chart has. */
const OF_CHARTS = ['values', 'valuesFrom', 'postRenderers', 'test', 'timeout'] as const;
const PLACES = ['oci', 'repo', 'git'] as const;

/** How a service is released: the form, and somebody else's chart. */
export const checkRelease: ServiceCheck = ({ service }, report) => {
  const { release } = service;
  if (typeof release !== 'object') return;
  const refuse = (path: Path, message: string, fix: string, cause?: string): void =>
    report({ code: 'release', path: ['release', ...path], message: `"${service.name}": ${message}`, fix, cause });
  const { chart, form, onFailure } = release;
  const isHelm = form === 'helm';
  if (chart && form !== undefined)
    refuse(['form'], 'release has a form and a chart', "remove form: somebody else's chart is a form of its own");
  if (!chart)
    for (const field of OF_CHARTS.filter((one) => release[one] !== undefined))
      refuse(
        [field],
        `${field} belongs to somebody else's chart, and release names none`,
        `add release.chart, or remove ${field}; the service's own chart gets its values from the catalog`,
      );
  if (onFailure !== undefined && !isHelm)
    refuse(['onFailure'], 'onFailure belongs to the Helm form', 'write "form": "helm" beside it, or remove it');
  if (release.dependsOn !== undefined && !isHelm && !chart)
    refuse(['dependsOn'], 'dependsOn belongs to releases of Helm', 'write "form": "helm" beside it, or use wave');
  if (onFailure === 'rollback' && service.canary)
    refuse(
      ['onFailure'],
      'onFailure "rollback" undoes what Flagger has rolled back already',
      'remove onFailure',
      "Helm's rollback changes the Deployment once more, and Flagger starts a rollout of the old release.",
    );
  const timeout = release.timeout === undefined ? undefined : parseGoDuration(release.timeout);
  if (timeout && !timeout.ok)
    report({
      code: 'invalid-duration',
      path: ['release', 'timeout'],
      message: `timeout ${JSON.stringify(release.timeout)} ${timeout.error}`,
      fix: 'write it like "10m"',
    });
  if (chart) checkChart(chart, refuse);
};

function checkChart(
  chart: NonNullable<ReleaseSettings['chart']>,
  refuse: (path: Path, message: string, fix: string) => void,
): void {
  const named = PLACES.filter((place) => chart[place] !== undefined);
  if (named.length !== 1) {
    const what = named.length === 0 ? 'none of oci, repo and git' : named.join(' and ');
    refuse(['chart'], `release.chart has ${what}`, 'give exactly one of oci, repo and git');
    return;
  }
  if (chart.oci !== undefined && !/^oci:\/\/[^/]+\/.+/.test(chart.oci))
    refuse(
      ['chart', 'oci'],
      `${JSON.stringify(chart.oci)} is no address of a chart`,
      'write "oci://<registry>/<path>"',
    );
  if (chart.repo !== undefined && !/^https?:\/\//.test(chart.repo))
    refuse(['chart', 'repo'], `${JSON.stringify(chart.repo)} is no Helm repository`, 'write "https://<host>/<path>"');
  if ((chart.repo === undefined) !== (chart.name === undefined))
    refuse(['chart'], 'name is the name of a chart in repo', 'give repo and name together, or none of the two');
  if ((chart.git === undefined) !== (chart.path === undefined))
    refuse(['chart'], 'path is the folder of a chart in git', 'give git and path together, or none of the two');
  if (chart.git === undefined && !/^v?\d+\.\d+\.\d+(?:[-+].+)?$/.test(chart.version))
    refuse(
      ['chart', 'version'],
      `the version ${JSON.stringify(chart.version)} is not exact`,
      'write the whole version, such as "21.2.3": the tree says what runs',
    );
}

const isHelmRelease = ({ release }: ResolvedService): boolean =>
  release === 'helm' || (typeof release === 'object' && (release.form === 'helm' || release.chart !== undefined));

/** A release waits for those that it depends on: they must be releases, and there by then. */
export function dependencyProblems(
  cluster: ResolvedCluster,
  origin: (service: ResolvedService, path: Path) => Path,
): Problem[] {
  const needing = cluster.services.filter(({ release }) => typeof release === 'object' && release.dependsOn);
  if (needing.length === 0) return [];
  const services = new Map(cluster.services.map((service) => [service.name, service]));
  const waves = wavesOf(cluster.services);
  const dependencies = new Map(cluster.services.map((service) => [service.name, dependenciesOf(service)]));
  return needing.flatMap((service) =>
    dependenciesOf(service).flatMap((name, index): Problem[] => {
      const path = origin(service, ['release', 'dependsOn', index]);
      const other = services.get(name);
      const refuse = (message: string, fix: string, more: Partial<Problem> = {}): Problem[] => [
        { code: 'release', path, message: `"${service.name}" depends on "${name}": ${message}`, fix, ...more },
      ];
      if (!other) {
        const near = nearest(name, services.keys());
        return refuse(`no such service in cluster "${cluster.name}"`, near ? `write "${near}"` : 'remove it', {
          code: 'unknown-service',
          nearest: near,
        });
      }
      if (!isHelmRelease(other))
        return refuse('it has no HelmRelease to wait for', `write "release": "helm" for "${name}", or use waves`, {
          cause: 'dependsOn of a HelmRelease knows HelmReleases only.',
        });
      const [own, its] = [waves.levelOf(service), waves.levelOf(other)];
      if (its > own)
        return refuse(
          `it comes in wave ${its}, which waits for wave ${own}`,
          `write "wave": ${own} for "${name}", or remove it`,
          { cause: 'The later wave is applied when the earlier one is ready: neither ever comes.' },
        );
      const way = wayBetween(dependencies, name, service.name);
      return way ? refuse(`and that on this: ${[service.name, ...way].join(' → ')}`, 'remove one of them') : [];
    }),
  );
}

function dependenciesOf({ release }: ResolvedService): readonly string[] {
  return typeof release === 'object' ? (release.dependsOn ?? []) : [];
}
