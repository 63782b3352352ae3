import { fieldsAt, isFields, textAt } from '../../kube';
import type { Entry } from '../../world';
import { object } from '../case-objects';
import { danger } from '../danger';

const policy = (mode: string) =>
  object('security.istio.io/v1', 'PeerAuthentication', 'default', { spec: { mtls: { mode } } });
const STRENGTH: Readonly<Record<string, number>> = { DISABLE: 0, PERMISSIVE: 1, UNSET: 1, STRICT: 2 };

export default danger({
  id: 'mtls-weakened',
  severity: 'error',
  since: '0.2.0',
  why: 'With STRICT only callers that show a certificate of the mesh get in. PERMISSIVE lets plain text in as well, DISABLE nothing else; and policies that name principals can then be passed by.',
  cause: 'callers without a certificate of the mesh get in, and nobody knows who they are',
  source: ['istio.io/latest/docs/reference/config/security/peer_authentication'],
  check(diff, report) {
    for (const change of diff.of('PeerAuthentication')) {
      if (!change.before) continue;
      for (const [where, pointer, was, is] of modes(change.before, change.after)) {
        if (STRENGTH[is]! >= STRENGTH[was]!) continue;
        report(change, {
          ...(change.after ? { pointer } : {}),
          message: `PeerAuthentication "${change.name}" ${change.after ? `weakens mutual TLS${where} from ${was} to ${is}` : `goes, and with it ${was}${where}`}`,
          fix: `leave it ${was}; let single ports in by portLevelMtls`,
        });
      }
    }
  },
  cases: {
    bad: [
      {
        name: 'STRICT becomes PERMISSIVE',
        before: [policy('STRICT')],
        after: [policy('PERMISSIVE')],
        expect: [
          {
            object: 'PeerAuthentication shop/default',
            message: 'PeerAuthentication "default" weakens mutual TLS from STRICT to PERMISSIVE',
          },
        ],
      },
      {
        name: 'it goes',
        before: [policy('STRICT')],
        after: [],
        expect: [
          {
            object: 'PeerAuthentication shop/default',
            message: 'PeerAuthentication "default" goes, and with it STRICT',
          },
        ],
      },
    ],
    good: [{ name: 'the other way', before: [policy('PERMISSIVE')], after: [policy('STRICT')] }],
  },
});

/** Mode of the whole and of each port: before and after. */
function modes(before: Entry, after: Entry | undefined): [where: string, pointer: string, was: string, is: string][] {
  const modeOf = (entry: Entry | undefined) => textAt(entry?.object, 'spec', 'mtls', 'mode') ?? 'UNSET';
  const ports = (entry: Entry | undefined) => fieldsAt(entry?.object, 'spec', 'portLevelMtls');
  const portMode = (entry: Entry | undefined, port: string) => {
    const own = ports(entry)[port];
    return (isFields(own) ? textAt(own, 'mode') : undefined) ?? modeOf(entry);
  };
  const all = new Set([...Object.keys(ports(before)), ...Object.keys(ports(after))]);
  return [
    ['', '/spec/mtls/mode', modeOf(before), modeOf(after)],
    ...[...all]
      .filter((port) => portMode(before, port) !== modeOf(before) || portMode(after, port) !== modeOf(after))
      .map((port): [string, string, string, string] => [
        ` of port ${port}`,
        `/spec/portLevelMtls/${port}`,
        portMode(before, port),
        portMode(after, port),
      ]),
  ];
}
