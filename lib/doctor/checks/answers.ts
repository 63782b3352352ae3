import type { Finding } from '../../findings';
import { type KubeObject, listAt, matchesLabels, textAt, textMapAt } from '../../kube';
import type { World } from '../../world';
import type { LiveObjects } from '../live-objects';

/** Kinds whose refusal stops a rollout. */
const ROLLOUT_RESOURCES = new Set([
  'pods',
  'deployments',
  'daemonsets',
  'services',
  'configmaps',
  'secrets',
  'horizontalpodautoscalers',
  'canaries',
  'virtualservices',
  'destinationrules',
  'httproutes',
  '*',
  '*/*',
]);

/** Who is asked in a rollout and does not answer: admission webhooks, load testers. */
export function answerFindings(live: LiveObjects, world: World): Finding[] {
  // What is not known to have pods cannot be said to have none.
  if (live.pods.length === 0) return [];
  return [...admissionFindings(live), ...webhookFindings(live, world)];
}

/** Whether a Service has a ready pod; undefined where there is no such Service, or it has no selector. */
function isAnswered({ all, pods }: LiveObjects, namespace: string, name: string): boolean | undefined {
  const service = all.find(
    ({ kind, metadata }) => kind === 'Service' && metadata.namespace === namespace && metadata.name === name,
  );
  const selector = textMapAt(service, 'spec', 'selector');
  if (!service || Object.keys(selector).length === 0) return service === undefined ? false : undefined;
  return pods.some(
    (pod) =>
      pod.metadata.namespace === namespace &&
      matchesLabels({ matchLabels: selector }, pod.metadata.labels ?? {}) &&
      listAt(pod, 'status', 'conditions').some(
        (condition) => textAt(condition, 'type') === 'Ready' && textAt(condition, 'status') === 'True',
      ),
  );
}

/** @see kubernetes/api v0.36 admissionregistration/v1/types.go (failurePolicy: Fail is the default) */
function admissionFindings(live: LiveObjects): Finding[] {
  return live.all.flatMap((object): Finding[] => {
    if (!/^(Validating|Mutating)WebhookConfiguration$/.test(object.kind)) return [];
    return listAt(object, 'webhooks').flatMap((webhook): Finding[] => {
      const [namespace, name] = ['namespace', 'name'].map((field) => textAt(webhook, 'clientConfig', 'service', field));
      if (namespace === undefined || name === undefined || textAt(webhook, 'failurePolicy') === 'Ignore') return [];
      const resources = resourcesOf(webhook).filter((one) => ROLLOUT_RESOURCES.has(one));
      if (resources.length === 0 || isAnswered(live, namespace, name) !== false) return [];
      return [
        {
          code: 'admission-webhook-unanswered',
          severity: 'error',
          place: { object: `${object.kind} ${object.metadata.name}` },
          message: `admission webhook "${textAt(webhook, 'name')}" is asked about ${resources.join(', ')}, and Service ${namespace}/${name}, which answers for it, has no ready pod`,
          cause:
            'with failurePolicy: Fail the API server refuses what it cannot ask about: no new pod, no change by Flagger or Flux',
          fix: `bring the pods of Service ${namespace}/${name} back, or remove the configuration if what it belongs to is gone`,
        },
      ];
    });
  });
}

function resourcesOf(webhook: unknown): string[] {
  const texts = (list: readonly unknown[]) => list.filter((one): one is string => typeof one === 'string');
  return [
    ...new Set(
      listAt(webhook, 'rules').flatMap((rule) => {
        const operations = texts(listAt(rule, 'operations'));
        return operations.some((one) => ['*', 'CREATE', 'UPDATE'].includes(one))
          ? texts(listAt(rule, 'resources'))
          : [];
      }),
    ),
  ];
}

function webhookFindings(live: LiveObjects, world: World): Finding[] {
  return world.canaries().flatMap((canary) => {
    const byService = new Map(
      canary.webhooks.flatMap((webhook) =>
        webhook.service ? [[`${webhook.service.namespace}/${webhook.service.name}`, webhook] as const] : [],
      ),
    );
    return [...byService].flatMap(([key, { name, service }]): Finding[] => {
      const isThere = world.has('Service', service!.namespace, service!.name);
      // That it is missing is a rule of preflight.
      if (!isThere || isAnswered(live, service!.namespace, service!.name) !== false) return [];
      return [
        {
          code: 'webhook-unanswered',
          severity: 'error',
          place: canary.place(),
          message: `webhook "${name}" of Canary "${canary.name}" calls Service ${key}, which has no ready pod`,
          cause:
            'a webhook that fails is a failed check, and a load test that does not run leaves the queries without values',
          fix: `look why the pods of Service ${key} are not ready`,
        },
      ];
    });
  });
}

/** Claims that wait for a storage class that nobody has made. */
export function storageFindings({ all, unread }: LiveObjects & { readonly unread: readonly string[] }): Finding[] {
  if (unread.includes('StorageClass') || !all.some(({ kind }) => kind === 'StorageClass' || kind === 'Node')) return [];
  const classes = all.filter(({ kind }) => kind === 'StorageClass');
  const names = new Set(classes.map(({ metadata }) => metadata.name));
  const hasDefault = classes.some(
    ({ metadata }) => metadata.annotations?.['storageclass.kubernetes.io/is-default-class'] === 'true',
  );
  return all.flatMap((object): Finding[] => {
    if (object.kind !== 'PersistentVolumeClaim' || textAt(object, 'status', 'phase') === 'Bound') return [];
    const name = textAt(object, 'spec', 'storageClassName');
    if (textAt(object, 'spec', 'volumeName') || name === '' || (name === undefined ? hasDefault : names.has(name)))
      return [];
    return [missingClass(object, name)];
  });
}

function missingClass({ metadata }: KubeObject, name: string | undefined): Finding {
  return {
    code: 'storage-class-missing',
    severity: 'error',
    place: { object: `PersistentVolumeClaim ${metadata.namespace}/${metadata.name}` },
    message: `PersistentVolumeClaim "${metadata.name}" waits for ${name === undefined ? 'the default storage class, and no class is the default' : `storage class "${name}", which is not there`}`,
    cause: 'without a volume its pods are not scheduled, and a rollout of them ends at its deadline',
    fix:
      name === undefined
        ? 'name a class in the claim, or make one the default (storageclass.kubernetes.io/is-default-class)'
        : `create storage class "${name}", or name one that is there`,
  };
}
