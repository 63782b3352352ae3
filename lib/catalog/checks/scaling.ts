import type { Path, ProblemEdit } from '../problem';
import type { ServiceCheck } from './context';

/** Two bounds that were taken for each other. */
const swapped = (at: Path, min: number, max: number): ProblemEdit[] => [
  { path: [...at, 'minReplicas'], value: max },
  { path: [...at, 'maxReplicas'], value: min },
];

/** Numbers of pods, autoscaler and disruption budget. */
export const checkScaling: ServiceCheck = ({ service }, report) => {
  const { autoscaling, replicas, disruptionBudget: budget, canary } = service;
  const whole = (path: Path, value: number | undefined, least: number) => {
    if (value === undefined || (Number.isInteger(value) && value >= least && value <= 2_147_483_647)) return;
    report({
      code: 'invalid-number',
      path,
      message: `${path.at(-1)} cannot be ${value}`,
      fix: `write a whole number from ${least} on`,
    });
  };
  whole(['replicas'], replicas, 0);
  whole(['terminationGracePeriodSeconds'], service.terminationGracePeriodSeconds, 0);
  whole(['progressDeadlineSeconds'], service.progressDeadlineSeconds, 1);
  for (const field of ['runAsUser', 'runAsGroup', 'fsGroup'] as const)
    whole(['securityContext', field], service.securityContext?.[field], 0);
  if (service.securityContext?.runAsUser === 0)
    report({
      code: 'runs-as-root',
      path: ['securityContext', 'runAsUser'],
      message: `"${service.name}" would run as root`,
      cause: 'The namespace enforces Pod Security "restricted", which refuses it.',
      fix: 'use a user from 1 on that the image can run as; for an image that runs as root only, write the whole context in pod.securityContext in place of this, and let platform.podSecurity admit it',
    });
  if (canary && replicas === 0)
    report({
      code: 'no-replicas',
      path: ['replicas'],
      message: `"${service.name}" has a canary and no pods`,
      cause: 'Flagger would promote nothing.',
      fix: 'set replicas to 1 or more, or switch the canary off',
    });
  if (autoscaling) {
    if (replicas !== undefined)
      report({
        code: 'replicas-and-autoscaling',
        path: ['replicas'],
        message: `"${service.name}" has both replicas and autoscaling`,
        cause: 'Flux and the autoscaler would undo each other.',
        fix: 'keep one; autoscaling: false switches an inherited one off',
      });
    whole(['autoscaling', 'minReplicas'], autoscaling.minReplicas, 1);
    whole(['autoscaling', 'maxReplicas'], autoscaling.maxReplicas, 1);
    whole(['autoscaling', 'cpuUtilizationPercent'], autoscaling.cpuUtilizationPercent, 1);
    whole(['autoscaling', 'memoryUtilizationPercent'], autoscaling.memoryUtilizationPercent, 1);
    whole(['autoscaling', 'scaleDownStabilizationSeconds'], autoscaling.scaleDownStabilizationSeconds, 0);
    if ((autoscaling.scaleDownStabilizationSeconds ?? 0) > 3600)
      report({
        code: 'invalid-number',
        path: ['autoscaling', 'scaleDownStabilizationSeconds'],
        message: 'scaleDownStabilizationSeconds is above 3600',
        fix: 'write at most 3600',
        edits: [{ path: ['autoscaling', 'scaleDownStabilizationSeconds'], value: 3600 }],
      });
    if (autoscaling.minReplicas > autoscaling.maxReplicas)
      report({
        code: 'min-above-max',
        path: ['autoscaling', 'minReplicas'],
        message: `minReplicas ${autoscaling.minReplicas} is above maxReplicas ${autoscaling.maxReplicas}`,
        fix: 'lower minReplicas or raise maxReplicas',
        edits: swapped(['autoscaling'], autoscaling.minReplicas, autoscaling.maxReplicas),
      });
  }
  const bounds = canary ? canary.primaryScalerReplicas : undefined;
  if (bounds) {
    whole(['canary', 'primaryScalerReplicas', 'minReplicas'], bounds.minReplicas, 1);
    whole(['canary', 'primaryScalerReplicas', 'maxReplicas'], bounds.maxReplicas, 1);
    const min = bounds.minReplicas ?? (autoscaling || undefined)?.minReplicas ?? 1;
    const max = bounds.maxReplicas ?? (autoscaling || undefined)?.maxReplicas;
    if (max !== undefined && min > max)
      report({
        code: 'min-above-max',
        path: ['canary', 'primaryScalerReplicas'],
        message: `the primary's minReplicas ${min} is above its maxReplicas ${max}`,
        fix: 'set both, minReplicas not above maxReplicas',
        ...(bounds.minReplicas !== undefined &&
          bounds.maxReplicas !== undefined && { edits: swapped(['canary', 'primaryScalerReplicas'], min, max) }),
      });
    if (!autoscaling && (replicas ?? 1) <= 1)
      report({
        code: 'no-autoscaler',
        path: ['canary', 'primaryScalerReplicas'],
        message: `"${service.name}" has primaryScalerReplicas but no autoscaler`,
        fix: 'add autoscaling, or remove primaryScalerReplicas',
      });
  }
  if (!budget) return;
  const given = [budget.minAvailable, budget.maxUnavailable].filter((value) => value !== undefined);
  if (given.length !== 1)
    report({
      code: 'disruption-budget',
      path: ['disruptionBudget'],
      message: 'a disruption budget has exactly one of minAvailable and maxUnavailable',
      fix: given.length === 0 ? 'add one of them, such as "maxUnavailable": 1' : 'keep one of them',
    });
  if (canary && budget.selector !== undefined)
    report({
      code: 'disruption-budget',
      path: ['disruptionBudget', 'selector'],
      message: `"${service.name}" has a canary and a budget with a selector of its own`,
      cause:
        'With a canary there are two budgets, each with the selector of its pods: one would cover those of the other.',
      fix: 'remove selector',
    });
  for (const field of ['minAvailable', 'maxUnavailable'] as const) {
    const value = budget[field];
    if (
      value === undefined ||
      (typeof value === 'number'
        ? Number.isInteger(value) && value >= 0
        : /^\d+%$/.test(value) && Number.parseInt(value, 10) <= 100)
    )
      continue;
    report({
      code: 'disruption-budget',
      path: ['disruptionBudget', field],
      message: `${field} cannot be ${JSON.stringify(value)}`,
      fix: 'write a whole number, or a percentage such as "50%"',
    });
  }
};
