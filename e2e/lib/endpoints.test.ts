import { type Course, seenOf, type Told } from './endpoints';
import type { LiveObject } from './kube-client';

const service = (version: number, app: string): LiveObject =>
  ({
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name: 'db', uid: 's', resourceVersion: String(version) },
    spec: { selector: { app } },
  }) as LiveObject;
const pod = (uid: string, version: number, { app = 'db', ready = true, ending = false } = {}): LiveObject =>
  ({
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      name: uid,
      uid,
      resourceVersion: String(version),
      labels: { app },
      ...(ending ? { deletionTimestamp: '2026-12-01T00:00:00Z' } : {}),
    },
    status: { conditions: [{ type: 'Ready', status: ready ? 'True' : 'False' }] },
  }) as LiveObject;
const told = (at: number, type: Told['type'], object: LiveObject): Told => ({ at, type, object });
const course = (events: readonly Told[], more: Partial<Course> = {}): Course => ({
  services: [service(1, 'db')],
  pods: [pod('one', 2)],
  startedAt: 0,
  endedAt: 1000,
  firstVersion: 2,
  events,
  ...more,
});

test.each<[string, Course, { fewest: number; emptyMilliseconds: number; looks: number }]>([
  ['nothing changes', course([]), { fewest: 1, emptyMilliseconds: 0, looks: 1 }],
  [
    'a pod is gone and another one ready within a moment',
    course([
      told(500, 'MODIFIED', pod('one', 10, { ending: true })),
      told(500, 'DELETED', pod('one', 11, { ending: true })),
      told(501, 'ADDED', pod('two', 12, { ready: false })),
      told(503, 'MODIFIED', pod('two', 13)),
    ]),
    { fewest: 0, emptyMilliseconds: 3, looks: 5 },
  ],
  [
    'the Service leads to other pods, and is told of before them though they were there first',
    course([
      told(100, 'MODIFIED', service(12, 'primary')),
      told(101, 'ADDED', pod('two', 11, { app: 'primary' })),
      told(900, 'DELETED', pod('one', 13)),
    ]),
    { fewest: 1, emptyMilliseconds: 0, looks: 4 },
  ],
  [
    'between the two lists with which it begins',
    course([told(1, 'ADDED', pod('one', 2))], { pods: [], firstVersion: 3 }),
    { fewest: 1, emptyMilliseconds: 0, looks: 1 },
  ],
  [
    'the Service goes',
    course([told(400, 'DELETED', service(20, 'db'))]),
    { fewest: 0, emptyMilliseconds: 600, looks: 2 },
  ],
])('every change counts: %s', (_, one, expected) => {
  expect(seenOf(['db'], one).get('db')).toMatchObject(expected);
});
