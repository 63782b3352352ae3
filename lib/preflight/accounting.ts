import failureModes from './failure-modes.json';
import type { Rule } from './rule';

/** A way in which a rollout of Flagger goes wrong. */
export interface FailureMode {
  /** `INGRESS_BYPASSES_VS`. */
  readonly code: string;
  readonly what: string;
  /** What Flagger says, or what is seen, where anything is: the words that people search for, in Markdown. */
  readonly symptom?: string;
}

/** What Flagger says when one of these goes wrong, or what is seen, each once. */
export function symptomsOf(codes: readonly string[]): string[] {
  const said = (failureModes as readonly FailureMode[])
    .filter(({ code, symptom }) => symptom !== undefined && codes.includes(code))
    .map(({ symptom }) => symptom!);
  return [...new Set(said)];
}

/** What stands against a failure mode: rules, or the reason why no rule can know it. */
export interface Account extends FailureMode {
  readonly rules: readonly string[];
  /** Why it cannot be known from the objects; undefined where there is a rule or should be one. */
  readonly unknowable?: string;
}

/** Failure modes that the objects do not show, with the reason. */
export const unknowable: Readonly<Record<string, string>> = {
  PROM_TIMEOUT: 'how long a query takes is known only to the running Prometheus',
  REVERT_STUCK: 'whether pods become ready again is known only at run time',
  PRIMARY_DOWN_DEADLOCK: 'whether the primary is healthy is known only at run time',
  FAILED_REV_SWALLOWED: 'needs a failed rollout and an unready primary at the same tick: both are of the run time',
  WEBHOOK_GATE_REOPEN: 'the gates are in the memory of the load tester: a restart is of the run time',
  SELECTOR_FLAG_CHANGED: 'needs two versions of the manifests: one does not show a change',
  SERVICE_RENAME: 'needs two versions of the manifests: one does not show a change',
  OWNERREF_DELETE:
    'needs two versions of the manifests: what was removed is not in the new one; `synth` has both and warns (`canary-removed-with-its-service`)',
  IMAGE_SIDE_EFFECT_INJECTION: 'what admission webhooks change is known only to the API server',
  PRIMARY_SELFREF: 'what a program does with the name of its own configuration is not in the manifests',
  SLO_INCONSISTENT: 'the usual latency of a service is not in the manifests',
  METRICS_SERVER_INIT_WARN:
    'a mere event; its cause is what metrics-server-default and metrics-server-bad-url look for',
  REPLICA_CHANGE_IGNORED: 'needs two versions of the manifests: how Flagger works, not a mistake in an object',
  WEBHOOK_CODE_GT_202: 'what a server of your own answers is not in the manifests',
  MIRROR_NON_IDEMPOTENT: 'whether a request may be sent twice is not in the manifests',
  HPA_VPA_TARGET: 'the same as HPA_WITHOUT_AUTOSCALERREF and HPA_TARGETS_PRIMARY',
};

/** Every known failure mode with what stands against it, in the order of the catalogue. */
export function accounts(rules: readonly Rule[]): Account[] {
  const byCode = new Map<string, string[]>();
  for (const { id, codes } of rules) for (const code of codes) byCode.set(code, [...(byCode.get(code) ?? []), id]);
  return failureModes.map((mode) => {
    const found = byCode.get(mode.code) ?? [];
    const reason = found.length === 0 ? unknowable[mode.code] : undefined;
    return { ...mode, rules: found, ...(reason === undefined ? {} : { unknowable: reason }) };
  });
}
