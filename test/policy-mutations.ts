import { at, type KubeObject, listAt } from '../lib/kube';

/** A policy that is another one now. */
export interface Mutation {
  readonly name: string;
  readonly object: KubeObject;
}

/** Each list with one of its items left out; the list itself goes with its last one. */
function* without(list: readonly unknown[]): Generator<{ rest: unknown[]; item: unknown }> {
  for (const [index, item] of list.entries()) yield { rest: list.filter((_, other) => other !== index), item };
}

/** Every way to take one allowed connection out of a policy. */
export function* mutations(policy: KubeObject): Generator<Mutation> {
  const named = (what: unknown) => `${policy.kind} ${policy.metadata.name} without ${JSON.stringify(what)}`;
  const withSpec = (change: Record<string, unknown>): KubeObject => ({
    ...policy,
    spec: { ...(policy.spec as object), ...change },
  });
  const replaced = (list: readonly unknown[], index: number, item: unknown) =>
    list.flatMap((one, at) => (at === index ? (item === undefined ? [] : [item]) : [one]));
  if (policy.kind === 'NetworkPolicy')
    for (const [direction, side] of [
      ['ingress', 'from'],
      ['egress', 'to'],
    ] as const)
      for (const [index, rule] of listAt(policy, 'spec', direction).entries()) {
        const all = listAt(policy, 'spec', direction);
        // Names are asked of the cluster or of the node: either one is enough.
        const isDns = listAt(rule, 'ports').some((port) => at(port, 'port') === 53);
        if (isDns) yield { name: named('DNS'), object: withSpec({ [direction]: replaced(all, index, undefined) }) };
        else
          for (const { rest, item } of without(listAt(rule, side)))
            yield {
              name: named(item),
              object: withSpec({
                [direction]: replaced(
                  all,
                  index,
                  rest.length === 0 ? undefined : { ...(rule as object), [side]: rest },
                ),
              }),
            };
      }
  if (policy.kind === 'AuthorizationPolicy')
    for (const [index, rule] of listAt(policy, 'spec', 'rules').entries())
      for (const { rest, item } of without(listAt(listAt(rule, 'from')[0], 'source', 'principals')))
        yield {
          name: named(item),
          object: withSpec({
            rules: replaced(
              listAt(policy, 'spec', 'rules'),
              index,
              rest.length === 0 ? undefined : { ...(rule as object), from: [{ source: { principals: rest } }] },
            ),
          }),
        };
  if (policy.kind === 'MeshTLSAuthentication')
    for (const { rest, item } of without(listAt(policy, 'spec', 'identityRefs')))
      yield { name: named(item), object: withSpec({ identityRefs: rest }) };
  if (policy.kind === 'Sidecar')
    for (const { rest, item } of without(listAt(listAt(policy, 'spec', 'egress')[0], 'hosts')))
      if (item !== 'istio-system/*') yield { name: named(item), object: withSpec({ egress: [{ hosts: rest }] }) };
}

/** Ways to let more through than asked. */
export function* loosened(policy: KubeObject): Generator<Mutation> {
  const of = (what: string, change: Record<string, unknown>, metadata: object = {}): Mutation => ({
    name: `${policy.kind} ${policy.metadata.name}: ${what}`,
    object: {
      ...policy,
      metadata: { ...policy.metadata, ...metadata },
      spec: { ...(policy.spec as object), ...change },
    } as KubeObject,
  });
  const list = (field: string) => listAt(policy, 'spec', field) as Record<string, unknown>[];
  if (policy.kind === 'NetworkPolicy') {
    yield of('egress is open', { policyTypes: ['Ingress'] });
    yield of('ingress is open', { policyTypes: ['Egress'] });
    yield of('it is about other pods', { podSelector: { matchLabels: { other: 'pods' } } });
    for (const [direction, side] of [
      ['ingress', 'from'],
      ['egress', 'to'],
    ] as const) {
      yield of(`${direction}: everybody`, { [direction]: [...list(direction), {}] });
      yield of(`${direction}: every namespace`, {
        [direction]: [...list(direction), { [side]: [{ namespaceSelector: {} }] }],
      });
      for (const [index, rule] of list(direction).entries())
        yield of(`${direction}: all ports`, {
          [direction]: list(direction).map((one, other) => (other === index ? { [side]: rule[side] } : one)),
        });
    }
  } else if (policy.kind === 'Server') {
    yield of('it only logs', { accessPolicy: 'audit' });
    yield of('everybody', { accessPolicy: 'all-unauthenticated' });
    yield of('another port', { port: 1 });
  } else if (policy.kind === 'MeshTLSAuthentication') {
    yield of('one more account', {
      identityRefs: [...list('identityRefs'), { kind: 'ServiceAccount', name: 'other', namespace: 'elsewhere' }],
    });
    yield of('everybody', { identityRefs: undefined, identities: ['*'] });
  } else if (policy.kind === 'NetworkAuthentication') {
    yield of('all addresses', { networks: [...list('networks'), { cidr: '0.0.0.0/1' }] });
  } else if (policy.kind === 'AuthorizationPolicy' && list('requiredAuthenticationRefs').length > 0) {
    yield of('nothing is asked for', { requiredAuthenticationRefs: [] });
  } else if (policy.kind === 'AuthorizationPolicy') {
    yield of('it only logs', {}, { annotations: { 'istio.io/dry-run': 'true' } });
    yield of('everybody', { rules: [...list('rules'), {}] });
    yield of('all accounts', { rules: [...list('rules'), { from: [{ source: { principals: ['*'] } }] }] });
    if (policy.metadata.name !== 'default-deny')
      yield of('other pods', { targetRefs: undefined, selector: { matchLabels: { other: 'pods' } } });
    for (const [index] of list('rules').entries())
      yield of('all requests', {
        rules: list('rules').map((one, other) => (other === index ? { from: one.from } : one)),
      });
  } else if (policy.kind === 'Sidecar') {
    yield of('unknown hosts', { outboundTrafficPolicy: { mode: 'ALLOW_ANY' } });
    yield of('all hosts', { egress: [{ hosts: ['*/*'] }] });
  } else if (policy.kind === 'ServiceEntry') {
    yield of('all hosts below', { hosts: [...listAt(policy, 'spec', 'hosts'), '*.elsewhere.test'] });
    yield of('one more port', {
      ports: [...listAt(policy, 'spec', 'ports'), { number: 4444, name: 'tcp-4444', protocol: 'TCP' }],
    });
    yield of('of any address', { resolution: 'NONE', addresses: ['0.0.0.0/0'] });
  } else if (policy.kind === 'PeerAuthentication') {
    yield of('without mutual TLS', { mtls: { mode: 'PERMISSIVE' } });
  }
}
