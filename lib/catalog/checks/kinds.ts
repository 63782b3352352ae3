import type { ResolvedService } from '../resolve';
import type { ServiceCheck } from './context';

type Kind = NonNullable<ResolvedService['kind']>;

/** Kinds that Flagger rolls out. @see fluxcd/flagger v1.44 pkg/canary/factory.go Controller */
const CANARIABLE: readonly Kind[] = ['deployment', 'daemonset'];
/** Kinds with a number of pods. */
const SCALED: readonly Kind[] = ['deployment', 'statefulset'];
/** The longest name of which a controller makes names that still fit: a CronJob's Jobs get eleven characters more. */
const LONGEST_CRONJOB = 52;

/** What only one kind has, by field. */
const OWN = { statefulSet: 'statefulset', daemonSet: 'daemonset', job: 'job', cronJob: 'cronjob' } as const;

/** Five fields, or one of the words that the API server takes. @see robfig/cron v3 parser.go ParseStandard */
const SCHEDULE =
  /^(@(yearly|annually|monthly|weekly|daily|midnight|hourly)|@every \S+|[\d*?/,A-Za-z-]+( +[\d*?/,A-Za-z-]+){4})$/;

/** What the kind of the workload does not have. */
export const checkKinds: ServiceCheck = ({ service }, report) => {
  const { name, kind = 'deployment', cronJob, statefulSet } = service;
  if (service.canary && !CANARIABLE.includes(kind))
    report({
      code: 'kind-without-canary',
      path: ['canary'],
      message: `"${name}" is a ${kind} and has a canary`,
      cause: 'Flagger rolls out deployments and daemonsets only.',
      fix: 'set canary to false for this service',
      edits: [{ path: ['canary'], value: false }],
    });
  for (const field of ['replicas', 'autoscaling'] as const) {
    if (SCALED.includes(kind) || service[field] === undefined || service[field] === false) continue;
    report({
      code: 'kind-without-replicas',
      path: [field],
      message: `"${name}" is a ${kind} and has ${field}`,
      cause:
        kind === 'daemonset'
          ? 'A daemonset has one pod on each node that fits.'
          : 'How many pods of a job run is said by completions and parallelism.',
      fix: kind === 'daemonset' ? `remove ${field}` : `use ${kind === 'job' ? 'job' : 'cronJob'}.parallelism`,
    });
  }
  for (const [field, of] of Object.entries(OWN) as [keyof typeof OWN, Kind][]) {
    if (service[field] === undefined || kind === of) continue;
    report({
      code: 'field-of-another-kind',
      path: [field],
      message: `"${name}" is a ${kind}; ${field} says what only kind "${of}" has`,
      fix: `set kind to "${of}", or remove ${field}`,
    });
  }
  if (kind === 'cronjob') {
    if (cronJob === undefined)
      report({
        code: 'invalid-schedule',
        path: ['kind'],
        message: `"${name}" is a cronjob without a schedule`,
        fix: 'add cronJob: { "schedule": "0 3 * * *" }',
      });
    else if (!SCHEDULE.test(cronJob.schedule.trim()))
      report({
        code: 'invalid-schedule',
        path: ['cronJob', 'schedule'],
        message: `the schedule ${JSON.stringify(cronJob.schedule)} is none that Kubernetes takes`,
        fix: 'write five fields, such as "0 3 * * *", or "@daily"',
      });
    if (name.length > LONGEST_CRONJOB)
      report({
        code: 'name-too-long',
        path: ['name'],
        message: `the name "${name}" has ${name.length} characters; a cronjob may have ${LONGEST_CRONJOB}`,
        cause: 'Each of its jobs has a number of eleven characters after the name.',
        fix: `shorten it to ${LONGEST_CRONJOB} characters`,
      });
  }
  if (kind === 'job' && service.job?.ttlSecondsAfterFinished !== undefined)
    report({
      severity: 'warning',
      code: 'job-runs-again',
      path: ['job', 'ttlSecondsAfterFinished'],
      message: `the job "${name}" is deleted ${service.job.ttlSecondsAfterFinished} s after its end, and runs again`,
      cause: 'Flux makes what is missing at its next look, 10 minutes later at most.',
      fix: 'remove ttlSecondsAfterFinished; the pods of an ended job cost nothing',
      edits: [{ path: ['job', 'ttlSecondsAfterFinished'], remove: true }],
    });
  for (const [index, claim] of (statefulSet?.volumeClaimTemplates ?? []).entries()) {
    const path = ['statefulSet', 'volumeClaimTemplates', index, 'name'];
    if (statefulSet?.volumeClaimTemplates?.findIndex((other) => other.name === claim.name) !== index)
      report({
        code: 'duplicate-volume',
        path,
        message: `two claims are named "${claim.name}"`,
        fix: 'give each claim its own name',
      });
    // @see kubernetes v1.36 pkg/controller/statefulset/stateful_set_utils.go updateStorage
    else if ((service.volumes ?? []).some((volume) => volume.name === claim.name))
      report({
        severity: 'warning',
        code: 'duplicate-volume',
        path,
        message: `the claim "${claim.name}" takes the place of the volume "${claim.name}"`,
        cause: 'The pods of a StatefulSet get a claim in place of a volume of its name, wherever it is mounted.',
        fix: 'nothing to do if that is what is meant; else give the volume another name',
      });
  }
};
