import { broken, lines } from '../load.fixture';

const web = (fields: object) => (catalog: any) => Object.assign(catalog.services[0], fields);

/** One row a mistake: what is broken, and every finding's text. `load.test.ts` has the more common mistakes. */
test.each<[string, (c: any) => void, unknown[]]>([
  [
    'how pods are found, and Services that cannot be',
    (c) => {
      c.services[0].selector = { tier: 'web' };
      c.services[0].podLabels = { tier: 'x' };
      c.services[0].service = { name: 'other' };
      c.services[0].services = [{ name: 'other', ports: [{ port: 1 }, { port: 2 }] }, { name: 'none' }];
      c.services[1].ports[0].transport = 'UDP';
      c.services[1].canary = {};
    },
    [
      '/services/0/selector: the selector of "web" has none of the labels app, name, app.kubernetes.io/name [selector-without-flagger-label]',
      '/services/0/podLabels/tier: podLabels gives "tier" the value "x", the selector "web" [reserved-label]',
      '/services/0/service/name: "web" has a canary and a Service of another name [canary-service-name]',
      '/services/0/services/0/name: the name "other" of a further Service is taken [invalid-object-name]',
      '/services/0/services/0/ports/0: a port of the Service "other" has no name [invalid-port-name]',
      '/services/0/services/0/ports/1: a port of the Service "other" has no name [invalid-port-name]',
      '/services/0/services/1: the Service "none" has no port [no-port]',
      '/services/1/ports/0/transport: "cart" has a canary, and its first port is UDP [canary-needs-tcp]',
    ],
  ],
  [
    'mounts of one path, and what no container can tell',
    (c) => {
      c.services[0].volumes = [
        {
          name: 'a',
          mountPath: '/a',
          mounts: [{ mountPath: '/a/' }],
          hostPath: { path: '/x' },
          nfs: { server: 's', path: '/' },
        },
      ];
      c.services[0].env = { LIMIT: { resource: 'limits.gpu' } };
    },
    [
      '/services/0/env/LIMIT/resource: a container cannot tell "limits.gpu" [unknown-field-path]',
      '/services/0/volumes/0: the volume "a" has hostPath and nfs [volume-source]',
      '/services/0/volumes/0/mounts/0/mountPath: two volumes are mounted at "/a/" [duplicate-mount]',
    ],
  ],
  [
    'a canary and a number of pods of kinds that have none',
    (c) => {
      c.services[0].kind = 'statefulset';
      c.services[1].kind = 'daemonset';
      c.services[1].replicas = 2;
    },
    [
      '/services/0/canary: "web" is a statefulset and has a canary [kind-without-canary]',
      '/services/1/replicas: "cart" is a daemonset and has replicas [kind-without-replicas]',
    ],
  ],
  [
    'claims of one name, one that takes the place of a volume, and one that is mounted where something is',
    (c) => {
      c.services.push({
        name: 'db',
        image: { tag: '1' },
        kind: 'statefulset',
        canary: false,
        volumes: [{ name: 'data', emptyDir: {} }],
        statefulSet: {
          volumeClaimTemplates: [
            { name: 'data', storage: '1Gi', mountPath: '/data', mounts: [{ mountPath: '/data/' }] },
            { name: 'logs', storage: '1Gi' },
            { name: 'logs', storage: '2Gi' },
          ],
        },
      });
    },
    [
      '/services/2/statefulSet/volumeClaimTemplates/0/name: the claim "data" takes the place of the volume "data" [duplicate-volume]',
      '/services/2/statefulSet/volumeClaimTemplates/0/mounts/0/mountPath: two volumes are mounted at "/data/" [duplicate-mount]',
      '/services/2/statefulSet/volumeClaimTemplates/2/name: two claims are named "logs" [duplicate-volume]',
    ],
  ],
  [
    'what another kind has, and a cronjob without a schedule',
    (c) => {
      c.services.push({ name: 'nightly', image: { tag: '1' }, kind: 'cronjob', job: {}, canary: false });
      c.services.push({
        name: 'hourly',
        image: { tag: '1' },
        kind: 'cronjob',
        cronJob: { schedule: '0 3' },
        canary: false,
      });
    },
    [
      '/services/2/kind: "nightly" is a cronjob without a schedule [invalid-schedule]',
      '/services/2/job: "nightly" is a cronjob; job says what only kind "job" has [field-of-another-kind]',
      '/services/3/cronJob/schedule: the schedule "0 3" is none that Kubernetes takes [invalid-schedule]',
    ],
  ],
  [
    'containers that Kubernetes refuses',
    (c) => {
      c.services[0].containers = [{ name: 'server', image: 'a' }];
      c.services[0].initContainers = [
        { name: 'init', image: 'a:1', probes: { readiness: { tcp: {} } }, mounts: [{ name: 'x', mountPath: '/x' }] },
      ];
    },
    [
      '/services/0/containers/0/name: the container name "server" is taken [invalid-container-name]',
      '/services/0/containers/0/image: the image "a" has neither tag nor digest [image-without-version]',
      '/services/0/initContainers/0/probes: the init container "init" has probes [init-container-probe]',
      '/services/0/initContainers/0/mounts/0/name: the container "init" mounts "x", which is no volume of "web" [unknown-volume]',
    ],
  ],
  [
    'the service waypoint in ambient mode',
    (c) => {
      c.platform.mesh = 'istio-ambient';
      c.services.push({ name: 'waypoint' });
    },
    ['/services/2/name: "waypoint" is the name of the proxy that Istio makes in ambient mode [reserved-name]'],
  ],
  [
    'a label that selectors go by',
    (c) => (c.services[0].labels = { app: 'x' }),
    ['/services/0/labels/app: the label "app" is set for every service [reserved-label]'],
  ],
  [
    'rights for an account that its pods do not have',
    (c) => {
      c.services[0].serviceAccount = { create: false };
      c.services[0].access = [{ clusterRole: 'view' }];
      c.services[1].serviceAccount = { create: false, name: 'shared' };
      c.services[1].access = [{ clusterRole: 'view' }];
    },
    [
      '/services/0/access: "web" has rights, and its pods have the account "default", which every pod of the namespace has that names none [access-of-nobody]',
    ],
  ],
  [
    'a label key',
    (c) => (c.defaults.labels = { 'a b': 'x' }),
    [
      '/defaults/labels/a b: the key "a b" in labels must consist of letters, digits, "-", "_" and ".", and start and end with a letter or digit, after an optional domain and "/" [invalid-key]',
    ],
  ],
  [
    'a label value',
    (c) => (c.services[0].labels = { team: 'a b' }),
    [
      '/services/0/labels/team: the label team: "a b" must consist of letters, digits, "-", "_" and ".", and start and end with a letter or digit [invalid-label]',
    ],
  ],
  [
    'a label of the pods that is the selector',
    (c) => (c.services[0].podLabels = { app: 'x', team: 'a b' }),
    [
      '/services/0/podLabels/app: the pod label "app" is the selector of every service [reserved-label]',
      '/services/0/podLabels/team: the label team: "a b" must consist of letters, digits, "-", "_" and ".", and start and end with a letter or digit [invalid-label]',
    ],
  ],
  [
    'a field that names a label or an annotation which the pods do not have',
    (c) =>
      Object.assign(c.services[0], {
        labels: { team: 'x' },
        podLabels: { tier: 'x' },
        podAnnotations: { note: 'x' },
        env: {
          A: { field: "metadata.labels['team']" },
          B: { field: "metadata.labels['tier']" },
          C: { field: "metadata.annotations['note']" },
          D: { field: "metadata.annotations['other']" },
          E: { field: "metadata.labels['topology.kubernetes.io/zone']" },
        },
      }),
    [
      '/services/0/env/A/field: the pods of "web" have no label "team": the variable will be empty [missing-pod-key]',
      '/services/0/env/D/field: the pods of "web" have no annotation "other": the variable will be empty [missing-pod-key]',
    ],
  ],
  [
    'an annotation key',
    (c) => (c.services[0].podAnnotations = { 'a/b/c': 'x' }),
    ['/services/0/podAnnotations/a~1b~1c: the key "a/b/c" in podAnnotations has more than one "/" [invalid-key]'],
  ],
  [
    'an account name',
    (c) => (c.services[0].serviceAccount = { name: 'Web', annotations: { '-': 'x' } }),
    [
      '/services/0/serviceAccount/name: the name "Web" must consist of lower case letters, digits, "-" and ".", and each part between dots must start and end with a letter or digit [invalid-object-name]',
      '/services/0/serviceAccount/annotations/-: the key "-" in serviceAccount.annotations must consist of letters, digits, "-", "_" and ".", and start and end with a letter or digit, after an optional domain and "/" [invalid-key]',
    ],
  ],
  [
    'a priority class',
    (c) => (c.services[0].priorityClassName = 'High'),
    [
      '/services/0/priorityClassName: the name "High" must consist of lower case letters, digits, "-" and ".", and each part between dots must start and end with a letter or digit [invalid-object-name]',
    ],
  ],
  [
    'traffic',
    (c) => (c.services[0].traffic = { requestsPerSecond: -1 }),
    ['/services/0/traffic/requestsPerSecond: requestsPerSecond cannot be -1 [invalid-number]'],
  ],
  [
    'a silence without a reason',
    (c) => (c.services[0].preflight = { ignore: [{ code: 'no-traffic', reason: ' ' }] }),
    ['/services/0/preflight/ignore/0/reason: "no-traffic" is ignored without a reason [ignore-without-reason]'],
  ],
  [
    'two services that make one account',
    (c) => (c.services[0].serviceAccount = { name: 'cart' }),
    [
      '/services/0/serviceAccount/name: "web" and "cart" (/services/1) would both make the ServiceAccount "cart" [duplicate-object-name]',
    ],
  ],
  [
    'two services that make one ConfigMap',
    (c) => {
      c.services[0].name = 'cart-x';
      c.services[0].config = [{ mountPath: '/y', files: { a: 'b' } }];
      c.services[1].config = [{ mountPath: '/x/y', files: { a: 'b' } }];
    },
    [
      '/services/0/config/0/mountPath: "cart-x" and "cart" (/services/1/config/0/mountPath) would both make the ConfigMap "cart-x-y" [duplicate-object-name]',
    ],
  ],
  [
    'two services that make one MetricTemplate',
    (c) => {
      const custom = (name: string) => ({ metrics: { custom: [{ name, query: 'q', min: 1 }] } });
      c.services[0].canary = custom('x-y');
      c.services.push({ name: 'web-x', ports: c.services[0].ports, canary: custom('y') });
    },
    [
      '/services/2/canary/metrics/custom/0/name: "web-x" and "web" (/services/0/canary/metrics/custom/0/name) would both make the MetricTemplate "web-x-y" [duplicate-object-name]',
    ],
  ],
  [
    'an account that a service makes which waits for its user',
    (c) => {
      c.services[0].serviceAccount = { name: 'shared' };
      c.services[1].serviceAccount = { create: false, name: 'shared' };
    },
    [
      '/services/1/serviceAccount/name: "cart" needs the ServiceAccount "shared", which "web" makes, and "web" waits for "cart": cart → web → cart [wave-cycle]',
    ],
  ],
  [
    'a ConfigMap of a service that waits for its user, through another',
    (c) => {
      c.services[0].config = [{ mountPath: '/x', files: { a: 'b' } }];
      c.services[1].env = { ADS: { service: 'ads' } };
      c.services.push({
        name: 'ads',
        ports: [{ port: 80, protocol: 'http' }],
        volumes: [{ name: 'x', mountPath: '/x', configMap: { name: 'web-x' } }],
        env: { A: { configMap: { name: 'web-x', key: 'a' } } },
      });
    },
    [
      '/services/2/env/A/configMap/name: "ads" needs the ConfigMap "web-x", which "web" makes, and "web" waits for "ads": ads → web → cart → ads [wave-cycle]',
    ],
  ],
  [
    'an object of a later wave',
    (c) => {
      Object.assign(c.services[0], { wave: 2, serviceAccount: { name: 'shared' } });
      Object.assign(c.services[1], { wave: 1, serviceAccount: { create: false, name: 'shared' } });
    },
    [
      '/services/1/serviceAccount/name: "cart" needs the ServiceAccount "shared", which "web" makes: wave 1 would wait for an object of wave 2 [made-in-later-wave]',
    ],
  ],
  [
    'a file as a folder, and a file that is not there',
    (c) =>
      (c.services[0].config = [
        { mountPath: '/app.ini', files: { 'app.ini': 'x' } },
        { mountPath: '/etc/b.ini', subPath: 'c.ini', files: { 'b.ini': 'x' } },
        { mountPath: '/etc/d.ini', subPath: 'd.ini', files: { 'd.ini': 'x' } },
      ]),
    [
      '/services/0/config/0/mountPath: the folder "/app.ini" has the name of its own file: the container would find /app.ini/app.ini [mount-path-is-file]',
      '/services/0/config/1/subPath: there is no file "c.ini" to mount ~ b.ini [mount-path]',
    ],
  ],
  [
    'a variable that no process takes, and an argument',
    web({ env: { BIG: 'x'.repeat(131_067), LARGER: 'x'.repeat(131_065) }, args: ['ä'.repeat(65_536)] }),
    [
      '/services/0/env/LARGER: the variable LARGER has 131073 bytes; a process takes 131072 in one [text-too-large]',
      '/services/0/args/0: an argument has 131073 bytes; a process takes 131072 in one [text-too-large]',
    ],
  ],
  [
    'annotations that no object may have',
    web({ annotations: { a: 'x'.repeat(200_000) }, podAnnotations: { a: 'x'.repeat(200_000), b: 'x'.repeat(70_000) } }),
    ['/services/0/podAnnotations: the annotations have 270002 bytes; an object may have 262144 [object-too-large]'],
  ],
  [
    'a service that no object can hold, its files apart',
    web({
      config: [{ mountPath: '/c', files: { a: 'x'.repeat(1_000_000) } }],
      args: Array(15).fill('x'.repeat(100_000)),
    }),
    ['/services/0: the service has texts of 1500013 bytes; an object may have 1400000 [object-too-large]'],
  ],
  [
    'calls of nobody, and of a service without an address',
    (c) => {
      c.services.push({ name: 'worker' });
      c.services[0].calls = ['cart', 'car', 'worker'];
    },
    [
      '/services/0/calls/1: no service "car" ~ cart [unknown-service]',
      '/services/0/calls/2: "worker" has no port, so it has no address [no-port]',
    ],
  ],
  [
    'a call that orders the waves',
    (c) => {
      c.services[1].calls = ['web'];
      c.services[0].env = {};
      c.services[0].serviceAccount = { create: false, name: 'cart' };
    },
    [
      '/services/0/serviceAccount/name: "web" needs the ServiceAccount "cart", which "cart" makes, and "cart" waits for "web": web → cart → web [wave-cycle]',
    ],
  ],
  [
    'images as one text',
    (c) => {
      c.defaults.image = 'busybox:1.38.0';
      c.services[0].image = 'registry.example.com/shop/web';
      c.services[1].image = 'Redis:7';
      c.clusters[1].services = { web: { image: { tag: 'v2' } } };
    },
    [
      '/services/0/image: the image of "web" has neither tag nor digest [image-without-version]',
      '/services/1/image: the image "Redis:7" has capital letters in the repository [invalid-image]',
    ],
  ],
  [
    'no registry, and an image that needs one',
    (c) => {
      delete c.platform.registry;
      c.services[0].image = 'nginx:1.29';
    },
    ['/services/1/name: nothing says where the image of "cart" is [no-registry]'],
  ],
  [
    'a name of its objects, beside what goes by the name of the service',
    (c) => {
      c.services[0].workloadName = 'cart';
      c.services[1].workloadName = 'Cart';
      c.platform.namespaces = { shop: { labels: { 'a b': 'x', c: 'd e' } }, shup: {} };
    },
    [
      '/platform/namespaces/shop/labels/a b: the key "a b" in labels must consist of letters, digits, "-", "_" and ".", and start and end with a letter or digit, after an optional domain and "/" [invalid-key]',
      '/platform/namespaces/shop/labels/c: the label c: "d e" must consist of letters, digits, "-", "_" and ".", and start and end with a letter or digit [invalid-label]',
      '/platform/namespaces/shup: no service is in namespace "shup" ~ shop [unknown-namespace]',
      '/services/0/workloadName: "web" has canary and a workloadName [invalid-name]',
      '/services/1/workloadName: the name "Cart" must consist of lower case letters, digits and "-", and start and end with a letter or digit [invalid-name]',
    ],
  ],
  [
    'an order of variables that are not there',
    (c) => {
      c.services[0].env = { A: '$(B)', B: 'x' };
      c.services[0].container = { envOrder: ['A', 'BB'] };
    },
    [
      '/services/0/container/envOrder/1: envOrder names "BB", and the container has no such variable [unknown-variable]',
    ],
  ],
  [
    'namespaces that services cannot be in',
    (c) => {
      c.services[0].namespace = 'flagger-system';
      c.services[1].namespace = 'Cart';
    },
    [
      '/services/0/namespace: the namespace "flagger-system" belongs to the platform [invalid-name]',
      '/services/1/namespace: the namespace "Cart" must consist of lower case letters, digits and "-", and start and end with a letter or digit [invalid-name]',
    ],
  ],
  [
    'accounts of one name in two namespaces',
    (c) => {
      c.services[0].serviceAccount = { name: 'cart' };
      c.services[0].namespace = 'other';
    },
    [],
  ],
  [
    'levels of Pod Security',
    (c) => {
      c.services[0].namespace = 'other';
      c.platform.podSecurity = { shop: 'restricted', other: 'baseline', othr: 'privileged' };
    },
    [
      '/platform/podSecurity/other: namespace "other" admits pods that run as root, with most capabilities and a writable root file system [pod-security-lowered]',
      '/platform/podSecurity/othr: no service is in namespace "othr" ~ other [unknown-namespace]',
    ],
  ],
  [
    'a service that is misspelt, not its callers',
    (c) => {
      c.services[1].name = 'carrt';
      c.services.push({ name: 'ads', env: { CART: { service: 'cart' } } });
    },
    [
      '/services/0/env/CART/service: no service "cart" [unknown-service]',
      '/services/2/env/CART/service: no service "cart" [unknown-service]',
    ],
  ],
  [
    'a name that no service can have is not proposed',
    (c) => (c.services[1].name = 'Cart'),
    ['/services/0/env/CART/service: no service "cart" [unknown-service]', expect.stringContaining('[invalid-name]')],
  ],
  [
    'what a default says, wrong for all who take it',
    (c) => {
      c.defaults.replicas = 0;
      c.services[1].canary = {};
      c.services.push({ ...c.services[1], name: 'ads' });
    },
    ['/defaults/replicas: "ads" has a canary and no pods (and 2 more: cart, web) [no-replicas]'],
  ],
  [
    'what a default says, wrong for one of those who take it',
    (c) => {
      c.defaults.canary = { loadTest: {} };
      c.services.push({ name: 'db', ports: [{ port: 5432, protocol: 'tcp' }] }, { name: 'worker' });
    },
    ['/services/2: there is no load test for TCP [canary]', '/services/3: "worker" has a canary and no port [no-port]'],
  ],
  [
    'numbers that need a unit',
    (c) => {
      c.services[0].canary.interval = 60;
      c.services[0].resources = { requests: { memory: 512 } };
      c.services[0].image = { tag: 1.1 };
    },
    [
      expect.stringContaining('"interval" must be a text, not 60'),
      expect.stringContaining('"memory" must be a text, not 512'),
      expect.stringContaining('"tag" must be a text, not 1.1'),
    ],
  ],
  [
    'objects that a service lists',
    (c) =>
      Object.assign(c.services[0], {
        configMaps: [{ name: 'A', data: { 'a b': 'x' } }, { name: 's' }, { name: 's' }],
        access: [
          { rules: [], role: 'r' },
          { name: 'x', isClusterWide: true, role: 'r' },
          { name: 'y', rules: [{ resources: ['pods'], verbs: ['get'] }] },
        ],
        ingresses: [{ spec: {} }],
      }),
    [
      '/services/0/configMaps/0/name: the name "A" must consist of lower case letters, digits, "-" and ".", and each part between dots must start and end with a letter or digit [invalid-object-name]',
      '/services/0/configMaps/0/data/a b: the key "a b" must consist of letters, digits, "-", "_" and "." [invalid-config-key]',
      '/services/0/configMaps/2/name: "web" makes the ConfigMap "s" twice [duplicate-object-name]',
      '/services/0/access/0: access has rules and role [access]',
      '/services/0/access/1: a binding of the cluster names a role of a namespace [access]',
      '/services/0/access/2/rules/0: a rule needs verbs, and either resources with apiGroups or nonResourceURLs [access]',
      '/services/0/ingresses: "web" has a canary and an Ingress of its own [route-beside-canary]',
    ],
  ],
  [
    'a ConfigMap and a claim that another service makes',
    (c) => {
      Object.assign(c.services[0], { configMaps: [{ name: 'settings' }], claims: [{ name: 'data', storage: '1Gi' }] });
      c.services[1].container = { envFrom: [{ configMap: 'settings' }] };
      c.services[1].volumes = [{ name: 'd', mountPath: '/d', persistentVolumeClaim: { claimName: 'data' } }];
    },
    [
      '/services/1/container/envFrom/0/configMap: "cart" needs the ConfigMap "settings", which "web" makes, and "web" waits for "cart": cart → web → cart [wave-cycle]',
      '/services/1/volumes/0/persistentVolumeClaim/claimName: "cart" needs the PersistentVolumeClaim "data", which "web" makes, and "web" waits for "cart": cart → web → cart [wave-cycle]',
    ],
  ],
  [
    'one wave on purpose',
    (c) => {
      Object.assign(c.services[0], { wave: 1, serviceAccount: { name: 'shared' } });
      Object.assign(c.services[1], { wave: 1, serviceAccount: { create: false, name: 'shared' } });
    },
    [],
  ],
  [
    'a service that runs nowhere',
    (c) => (c.services[0].clusters = []),
    ['/services/0/clusters: "web" runs in no cluster [runs-nowhere]'],
  ],
  [
    'node affinity',
    (c) =>
      (c.services[0].affinity = {
        nodeAffinity: {
          requiredDuringSchedulingIgnoredDuringExecution: {
            nodeSelectorTerms: [
              {
                matchExpressions: [
                  { key: 'a b', operator: 'In', values: ['x'] },
                  { key: 'a', operator: 'In' },
                  { key: 'a', operator: 'Exists', values: ['x', 'y'] },
                  { key: 'a', operator: 'Gt', values: ['x'] },
                ],
              },
            ],
          },
        },
      }),
    [
      '/services/0/affinity/nodeAffinity/requiredDuringSchedulingIgnoredDuringExecution/nodeSelectorTerms/0/matchExpressions/0/key: the label key "a b" must consist of letters, digits, "-", "_" and ".", and start and end with a letter or digit, after an optional domain and "/" [invalid-key]',
      '/services/0/affinity/nodeAffinity/requiredDuringSchedulingIgnoredDuringExecution/nodeSelectorTerms/0/matchExpressions/1: the operator "In" takes values, and has none [affinity]',
      '/services/0/affinity/nodeAffinity/requiredDuringSchedulingIgnoredDuringExecution/nodeSelectorTerms/0/matchExpressions/2: the operator "Exists" takes no values [affinity]',
      '/services/0/affinity/nodeAffinity/requiredDuringSchedulingIgnoredDuringExecution/nodeSelectorTerms/0/matchExpressions/3: the operator "Gt" takes one whole number [affinity]',
    ],
  ],
  [
    'pod affinity',
    (c) =>
      (c.services[0].affinity = {
        podAntiAffinity: {
          preferredDuringSchedulingIgnoredDuringExecution: [
            { weight: 101, podAffinityTerm: { topologyKey: '', labelSelector: { matchLabels: { app: 'a b' } } } },
          ],
        },
      }),
    [
      '/services/0/affinity/podAntiAffinity/preferredDuringSchedulingIgnoredDuringExecution/0/weight: weight cannot be 101 [invalid-number]',
      '/services/0/affinity/podAntiAffinity/preferredDuringSchedulingIgnoredDuringExecution/0/podAffinityTerm/topologyKey: the label key "" is empty [invalid-key]',
      '/services/0/affinity/podAntiAffinity/preferredDuringSchedulingIgnoredDuringExecution/0/podAffinityTerm/labelSelector/matchLabels/app: the label value "a b" must consist of letters, digits, "-", "_" and ".", and start and end with a letter or digit [invalid-label]',
    ],
  ],
  [
    'tolerations',
    (c) =>
      (c.services[0].tolerations = [
        { value: 'a' },
        { key: 'a', operator: 'Exists', value: 'b' },
        { key: 'a b', operator: 'Exists' },
        { key: 'a', value: 'a b' },
        { key: 'a', operator: 'Exists', tolerationSeconds: 5 },
      ]),
    [
      '/services/0/tolerations/0: a toleration without a key needs the operator "Exists" [toleration]',
      '/services/0/tolerations/1/value: a toleration with operator "Exists" has no value [toleration]',
      '/services/0/tolerations/2/key: the key "a b" must consist of letters, digits, "-", "_" and ".", and start and end with a letter or digit, after an optional domain and "/" [toleration]',
      '/services/0/tolerations/3/value: the value "a b" must consist of letters, digits, "-", "_" and ".", and start and end with a letter or digit [toleration]',
      '/services/0/tolerations/4/tolerationSeconds: tolerationSeconds needs the effect "NoExecute" [toleration]',
    ],
  ],
  [
    'topology spread',
    (c) =>
      (c.services[0].topologySpread = [
        { maxSkew: 0, topologyKey: 'zone', whenUnsatisfiable: 'ScheduleAnyway', minDomains: 2 },
        { maxSkew: 1, topologyKey: 'zone', whenUnsatisfiable: 'ScheduleAnyway' },
      ]),
    [
      '/services/0/topologySpread/0/maxSkew: maxSkew cannot be 0 [invalid-number]',
      '/services/0/topologySpread/0/minDomains: minDomains is a whole number from 1 on, and needs whenUnsatisfiable "DoNotSchedule" [topology-spread]',
      '/services/0/topologySpread/1: two constraints spread over "zone" with "ScheduleAnyway" [topology-spread]',
    ],
  ],
  [
    'a node selector',
    (c) => (c.services[0].nodeSelector = { arch: 'a b' }),
    [
      '/services/0/nodeSelector/arch: the node label arch: "a b" must consist of letters, digits, "-", "_" and ".", and start and end with a letter or digit [invalid-label]',
    ],
  ],
  [
    'probes',
    (c) =>
      (c.services[0].probes = {
        liveness: { http: { path: 'x', headers: { 'a b': 'c' } }, periodSeconds: 0, successThreshold: 2 },
        startup: { exec: { command: [] } },
        readiness: { periodSeconds: 5 },
      }),
    [
      '/services/0/probes/liveness/http/path: the liveness probe\'s path "x" does not begin with "/" [probe-path]',
      '/services/0/probes/liveness/http/headers/a b: "a b" is not the name of an HTTP header [probe-header]',
      '/services/0/probes/liveness/periodSeconds: periodSeconds of the liveness probe cannot be 0 [invalid-number]',
      '/services/0/probes/liveness/successThreshold: successThreshold of the liveness probe cannot be 2 [invalid-number]',
      '/services/0/probes/startup/exec/command: the startup probe has an empty command [probe-handler]',
      '/services/0/probes/readiness: the readiness probe has no handler [probe-handler]',
    ],
  ],
  [
    'a probe of a service without ports',
    (c) => {
      delete c.services[1].ports;
      c.services[0].env = {};
      c.services[1].probes = { readiness: { tcp: {} } };
    },
    ['/services/1/probes/readiness/tcp: the readiness probe has no port, and "cart" has none either [no-port]'],
  ],
  [
    'volumes',
    (c) =>
      (c.services[0].volumes = [
        { name: 'A', mountPath: 'tmp', emptyDir: { sizeLimit: '-1' } },
        { name: 'b', mountPath: '/b', subPath: '../c', configMap: { name: 'X' } },
        { name: 'b', mountPath: '/c', emptyDir: {}, secret: { secretName: 's' } },
      ]),
    [
      '/services/0/volumes/0/name: the volume name "A" must consist of lower case letters, digits and "-", and start and end with a letter or digit [invalid-volume-name]',
      '/services/0/volumes/0/mountPath: the mount path "tmp" is not an absolute path [mount-path]',
      '/services/0/volumes/0/emptyDir/sizeLimit: sizeLimit "-1" is negative [invalid-quantity]',
      '/services/0/volumes/1/subPath: subPath "../c" leaves the volume [mount-path]',
      '/services/0/volumes/1/configMap: the name "X" must consist of lower case letters, digits, "-" and ".", and each part between dots must start and end with a letter or digit [invalid-object-name]',
      '/services/0/volumes/2: the volume "b" has emptyDir and secret [volume-source]',
      '/services/0/volumes/2/name: two volumes are named "b" [duplicate-volume]',
    ],
  ],
  [
    'the name of a volume that canaried services have',
    (c) => {
      const volumes = [{ name: 'aviary-release', mountPath: '/x', emptyDir: {} }];
      c.services[0].volumes = volumes;
      c.services[0].canary = { loadTest: { requestsPerSecond: 1 } };
      c.services[1].volumes = volumes;
    },
    [
      '/services/0/volumes/0/name: the volume name "aviary-release" is taken: a canaried service has a volume of that name [invalid-volume-name]',
    ],
  ],
  [
    'config',
    (c) =>
      (c.services[0].config = [
        { mountPath: '/etc/a', files: {} },
        { mountPath: '/etc-a', files: { 'a/b': '' } },
        { mountPath: '/big', files: { a: 'x'.repeat(1_048_576) } },
        { mountPath: `/${'p'.repeat(70)}`, files: { a: '' } },
      ]),
    [
      '/services/0/config/0/files: a config entry has no files [no-files]',
      '/services/0/config/1/mountPath: two config entries become the ConfigMap "web-etc-a" [duplicate-volume]',
      '/services/0/config/1/files/a~1b: the file name "a/b" must consist of letters, digits, "-", "_" and "." [invalid-config-key]',
      '/services/0/config/2/files: the files have 1048577 bytes together; a ConfigMap may have 1048576 [config-too-large]',
      '/services/0/config/3/mountPath: the ConfigMap "web-pppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppp" would have 74 characters [name-too-long]',
    ],
  ],
  [
    'scaling',
    (c) =>
      (c.services[0].autoscaling = {
        minReplicas: 0,
        maxReplicas: 2.5,
        cpuUtilizationPercent: 0,
        scaleDownStabilizationSeconds: 4000,
      }),
    [
      '/services/0/autoscaling/minReplicas: minReplicas cannot be 0 [invalid-number]',
      '/services/0/autoscaling/maxReplicas: maxReplicas cannot be 2.5 [invalid-number]',
      '/services/0/autoscaling/cpuUtilizationPercent: cpuUtilizationPercent cannot be 0 [invalid-number]',
      '/services/0/autoscaling/scaleDownStabilizationSeconds: scaleDownStabilizationSeconds is above 3600 [invalid-number]',
    ],
  ],
  [
    'a canary without pods',
    (c) => (c.services[0].replicas = 0),
    ['/services/0/replicas: "web" has a canary and no pods [no-replicas]'],
  ],
  [
    'bounds for the primary without an autoscaler',
    (c) => (c.services[0].canary.primaryScalerReplicas = { minReplicas: 3, maxReplicas: 2 }),
    [
      "/services/0/canary/primaryScalerReplicas: the primary's minReplicas 3 is above its maxReplicas 2 [min-above-max]",
      '/services/0/canary/primaryScalerReplicas: "web" has primaryScalerReplicas but no autoscaler [no-autoscaler]',
    ],
  ],
  [
    'disruption budgets',
    (c) => {
      c.services[0].disruptionBudget = { minAvailable: 1, maxUnavailable: 1 };
      c.services[1].disruptionBudget = { minAvailable: '101%' };
    },
    [
      '/services/0/disruptionBudget: a disruption budget has exactly one of minAvailable and maxUnavailable [disruption-budget]',
      '/services/1/disruptionBudget/minAvailable: minAvailable cannot be "101%" [disruption-budget]',
    ],
  ],
  [
    'init containers',
    (c) =>
      (c.services[0].initContainers = [
        { name: 'server', image: 'A' },
        { name: 'a', image: 'a:1' },
        { name: 'a', image: 'a:1', resources: { limits: { cpu: 'x' } } },
      ]),
    [
      '/services/0/initContainers/0/name: the container name "server" is taken [invalid-container-name]',
      '/services/0/initContainers/0/image: the image "A" has capital letters in the repository [invalid-image]',
      '/services/0/initContainers/2/name: the container name "a" is taken [invalid-container-name]',
      '/services/0/initContainers/2/resources/limits/cpu: cpu "x" is not a number with a suffix of Kubernetes (n u m k M G T P E, Ki Mi Gi Ti Pi Ei, or an exponent such as e3) [invalid-quantity]',
    ],
  ],
  [
    'an image digest',
    (c) => (c.services[0].image = { digest: 'sha256:12' }),
    [
      '/services/0/image/digest: the image has a digest that is not "sha256:" and 64 hexadecimal digits [invalid-image]',
    ],
  ],
  [
    'an image with a tag in the repository',
    (c) => (c.services[0].image = { repository: 'redis:7' }),
    ['/services/0/image/repository: the repository "redis:7" carries a tag or a digest [invalid-image]'],
  ],
  [
    'environment',
    (c) => (c.services[0].env = { '1A': 'x', B: { secret: { name: 'B', key: 'a/b' } }, C: { field: 'spec.x' } }),
    [
      '/services/0/env/1A: the variable name "1A" must consist of letters, digits, "-", "_" and ".", and not start with a digit or ".." [invalid-env-name]',
      '/services/0/env/B/secret/name: the Secret name "B" must consist of lower case letters, digits, "-" and ".", and each part between dots must start and end with a letter or digit [invalid-object-name]',
      '/services/0/env/B/secret/key: the key "a/b" of Secret "B" must consist of letters, digits, "-", "_" and "." [invalid-config-key]',
      '/services/0/env/C/field: a pod cannot tell its field "spec.x" [unknown-field-path]',
    ],
  ],
  [
    'a reference to a service without ports',
    (c) => delete c.services[1].ports,
    ['/services/0/env/CART/service: "cart" has no port, so it has no address [no-port]'],
  ],
  [
    'expose',
    (c) => {
      c.platform.mesh = 'kubernetes';
      c.services[0].canary = false;
      c.services[0].expose = { hosts: ['shop', '*'], paths: ['api'] };
    },
    [
      '/services/0/expose: "web" is exposed, and mesh "kubernetes" has no gateway [no-gateway]',
      '/services/0/expose/hosts/0: the host "shop" is a name inside the cluster [invalid-host]',
      '/services/0/expose/hosts/1: the host "*" must consist of lower case letters, digits, "-" and ".", and each part between dots must start and end with a letter or digit [invalid-host]',
      '/services/0/expose/paths/0: the path "api" does not begin with "/" [invalid-path]',
    ],
  ],
  [
    'an ingress controller in place of a mesh',
    (c) => {
      c.platform.mesh = 'kubernetes';
      c.platform.provider = 'gloo';
      c.platform.policies = 'enforce';
      c.services[0].expose = { hosts: ['web.{domain}'] };
      c.services[0].ports[0].protocol = 'grpc';
      c.services[1].canary = {
        iterations: 2,
        metrics: { successRateMinPercent: false, durationMaxMilliseconds: false },
      };
    },
    [
      '/platform/provider: the platform has mesh "kubernetes" and provider "gloo" [mesh-and-provider]',
      '/platform/policies: policies "enforce" would cut off provider "gloo" [mesh-and-provider]',
      '/services/0/expose: "web" is exposed and speaks grpc, and what provider "gloo" is told here carries HTTP/1.1 [exposed-grpc]',
      '/services/1/canary: "cart" has a canary and no expose, and provider "gloo" shares out only what comes in from outside [no-entrance]',
    ],
  ],
  [
    'metric stores',
    (c) => {
      c.platform.metricStores = {
        dd: { type: 'datadog', region: 'x', secretName: 'Data' },
        cw: { type: 'cloudwatch', headers: { a: ['b'] } },
        own: { type: 'prometheus', address: 'prom' },
        nr: { type: 'newrelic' },
      };
      c.services[0].canary = { metrics: { custom: [{ name: 'a', query: 'q', min: 1, store: 'ddd' }] } };
    },
    [
      '/platform/metricStores/dd/region: Datadog does not read region [metric-store]',
      '/platform/metricStores/dd/secretName: the name "Data" must consist of lower case letters, digits, "-" and ".", and each part between dots must start and end with a letter or digit [invalid-object-name]',
      '/platform/metricStores/cw: the metric store "cw" has no region, and AWS CloudWatch needs one [metric-store]',
      '/platform/metricStores/cw/headers: AWS CloudWatch does not read headers [metric-store]',
      '/platform/metricStores/own/address: the address "prom" is not an address [invalid-address]',
      '/platform/metricStores/nr: the metric store "nr" has no secretName, and New Relic needs one [metric-store]',
      '/services/0/canary/metrics/custom/0/store: no metric store "ddd" ~ dd [metric-store]',
    ],
  ],
  [
    'expose of tcp',
    (c) => {
      c.services[1].ports[0].protocol = 'tcp';
      c.services[1].expose = { hosts: [] };
    },
    [
      '/services/1/expose: "cart" is exposed by host, and its first port speaks tcp [exposed-tcp]',
      '/services/1/expose/hosts: expose has no hosts [no-hosts]',
    ],
  ],
  [
    'platform',
    (c) =>
      Object.assign(c.platform, {
        namespace: 'istio-system',
        registry: 'https://r',
        prometheus: { address: 'prometheus:9090', scrapeInterval: '15', retention: '' },
        gateway: { name: 'A', namespace: 'B', tlsSecretName: '' },
        observability: { tracingSamplingPercent: 101 },
        versions: { istio: '1.31' },
        gitops: { url: 'git@x:y.git', path: '/a', branch: 'a b', interval: '1d', secretName: 'A' },
      }),
    [
      '/platform/namespace: the namespace "istio-system" belongs to the platform [reserved-name]',
      '/platform/registry: the registry "https://r" has "https:" in the place of a registry, which is not a host [invalid-image]',
      '/platform/gitops/url: the repository "git@x:y.git" is not an https or ssh address [invalid-address]',
      '/platform/gitops/path: the path "/a" leaves the repository [path-outside]',
      '/platform/gitops/branch: the branch "a b" is not the name of a branch [invalid-branch]',
      '/platform/gitops/interval: interval "1d" is not a duration [invalid-duration]',
      '/platform/gitops/secretName: the name "A" must consist of lower case letters, digits, "-" and ".", and each part between dots must start and end with a letter or digit [invalid-object-name]',
      '/platform/prometheus/address: the address "prometheus:9090" has no http or https in front [invalid-address]',
      '/platform/prometheus/scrapeInterval: scrapeInterval "15" is not a duration of Prometheus [invalid-duration]',
      '/platform/prometheus/retention: retention "" is not a duration of Prometheus [invalid-duration]',
      '/platform/gateway/name: the name "A" must consist of lower case letters, digits, "-" and ".", and each part between dots must start and end with a letter or digit [invalid-object-name]',
      '/platform/gateway/namespace: the namespace "B" must consist of lower case letters, digits and "-", and start and end with a letter or digit [invalid-name]',
      '/platform/gateway/tlsSecretName: the name "" is empty [invalid-object-name]',
      '/platform/observability/tracingSamplingPercent: tracingSamplingPercent 101 is not a percentage [invalid-number]',
      '/platform/versions/istio: the version "1.31" of istio is not an exact version [invalid-version]',
    ],
  ],
  [
    'clusters',
    (c) => {
      c.clusters[0] = { name: '../x', domain: '*.example.com', flux: { mode: 'gotk', size: 'small' } };
      c.clusters[1].flux = { mode: 'FluxInstance', version: 'latest' };
    },
    [
      '/clusters/0/name: the cluster name "../x" must consist of lower case letters, digits and "-", and start and end with a letter or digit [invalid-name]',
      '/clusters/0/domain: the domain "*.example.com" has a wildcard [invalid-host]',
      '/clusters/0/flux/size: size means nothing in mode "gotk" [flux-mode]',
      '/clusters/1/flux/version: "latest" is not a range of versions [invalid-version]',
    ],
  ],
  [
    'two external hosts of one name',
    (c) =>
      (c.external = [1, 2].map(() => ({ name: 'x', hosts: ['x.org'], ports: [{ port: 443, protocol: 'https' }] }))),
    ['/external/1/name: two external hosts are named "x"; the first is /external/0 [duplicate-external]'],
  ],
  [
    'images that come from nowhere, from behind, and to the first cluster',
    (c) => {
      const [staging, production] = c.clusters;
      staging.promotion = { gate: 'none' };
      production.promotion = { from: 'stagin' };
      c.clusters.push({ ...production, name: 'canary', promotion: { from: 'canary' } });
    },
    [
      '/clusters/0/promotion: "staging" is the first cluster: its images come from the builds, and nothing is promoted to it [promotion-order]',
      '/clusters/1/promotion/from: no cluster "stagin" ~ staging [unknown-cluster]',
      '/clusters/2/promotion/from: "canary" gets its images from "canary", which does not stand before it [promotion-order]',
    ],
  ],
  [
    'two clusters of one name',
    (c) => (c.clusters[1].name = 'staging'),
    ['/clusters/1/name: two clusters are named "staging"; the first is /clusters/0 [duplicate-cluster]'],
  ],
  ['no clusters', (c) => (c.clusters = []), ['/clusters: the catalog has no clusters [no-clusters]']],
  [
    'an override of a service that runs elsewhere',
    (c) => {
      c.services[0].clusters = ['production'];
      c.clusters[0].services = { web: {} };
    },
    [
      '/clusters/0/services/web: "web" is overridden here, but does not run in cluster "staging" [service-not-in-cluster]',
    ],
  ],
  [
    'external',
    (c) =>
      (c.external = [
        {
          name: 'cart',
          hosts: ['http://x'],
          ports: [
            { port: 0, protocol: 'tcp' },
            { name: 'A', port: 1, protocol: 'tcp' },
            { port: 1, protocol: 'tcp' },
          ],
          addresses: ['x'],
        },
        { name: 'b', hosts: [], ports: [] },
      ]),
    [
      '/external/0/name: the name "cart" is the name of a service [invalid-name]',
      '/external/0/hosts/0: the host "http://x" has a scheme: write the host alone [invalid-host]',
      '/external/0/ports/0/port: port 0 is not a port [invalid-port]',
      '/external/0/ports/1/name: the port name "A" must consist of lower case letters, digits and "-", and start and end with a letter or digit [invalid-port-name]',
      '/external/0/ports/2: "cart" has a port 1 or a name "tcp-1" twice [duplicate-port]',
      '/external/0/addresses/0: "x" is not an IP address [invalid-address]',
      '/external/1/hosts: "b" has no hosts [no-hosts]',
      '/external/1/ports: "b" has no ports [no-port]',
    ],
  ],
  [
    'a patch that does not fit the schema does not hide the rest',
    (c) => {
      c.services[0].env.CART.service = 'crat';
      c.patches = [
        { target: { kind: 'Deployment', name: 'web' }, reason: 'x', operations: [{ op: 'add', path: '/spec/x' }] },
      ];
    },
    [
      '/services/0/env/CART/service: no service "crat" ~ cart [unknown-service]',
      '/patches/0/operations/0: "value" is missing in "operations" [missing-key]',
    ],
  ],
  [
    'patches',
    (c) =>
      (c.patches = [
        { clusters: ['prod'], target: { kind: 'Deployment', name: 'web' }, reason: '', operations: [] },
        {
          target: { kind: 'Deployment', name: 'web' },
          reason: 'x',
          operations: [
            { op: 'add', path: 'spec', value: 1 },
            { op: 'replace', path: '/metadata/name', value: 'x' },
            { op: 'test', path: '/kind', value: 'Deployment' },
          ],
        },
      ]),
    [
      '/patches/0: Deployment "web" is patched:  [patched-object]',
      '/patches/0/clusters/0: no cluster "prod" [unknown-cluster]',
      '/patches/0/reason: a patch has no reason [patch-without-reason]',
      '/patches/0/operations: a patch has no operations [patch-operation]',
      '/patches/1: Deployment "web" is patched: x [patched-object]',
      '/patches/1/operations/0/path: "spec" is not a JSON pointer [patch-operation]',
      '/patches/1/operations/1/path: a patch may not change /metadata/name [patch-operation]',
    ],
  ],
])('%s', (_, change, expected) => {
  expect(lines(broken(change))).toEqual(expected);
});

const required = 'requiredDuringSchedulingIgnoredDuringExecution';
const key = { secret: { name: 's', key: 'k' } };

/** What Kubernetes, a browser or a container would refuse or misread, and no schema can say. */
test.each<[string, (catalog: any) => void, string[]]>([
  [
    'a node affinity without terms',
    web({ affinity: { nodeAffinity: { [required]: { nodeSelectorTerms: [] } } } }),
    [`/services/0/affinity/nodeAffinity/${required}/nodeSelectorTerms: nodeSelectorTerms is empty [affinity]`],
  ],
  [
    "a namespace of a pod's affinity",
    web({ affinity: { podAffinity: { [required]: [{ topologyKey: 'zone', namespaces: ['A'] }] } } }),
    [
      `/services/0/affinity/podAffinity/${required}/0/namespaces/0: the namespace "A" must consist of lower case letters, digits and "-", and start and end with a letter or digit [affinity]`,
    ],
  ],
  [
    'a tenth of a byte, and a tenth of a millicore',
    web({ resources: { requests: { memory: '100m', cpu: '0.1m' } } }),
    [
      '/services/0/resources/requests/memory: memory "100m" is not a whole number of bytes [invalid-quantity]',
      '/services/0/resources/requests/cpu: cpu "0.1m" is finer than a thousandth of a core [invalid-quantity]',
    ],
  ],
  [
    'one folder in two spellings',
    web({
      volumes: [{ name: 'a', mountPath: '/data', emptyDir: {} }],
      config: [{ mountPath: '/data/', files: { f: 'x' } }],
    }),
    ['/services/0/config/0/mountPath: two volumes are mounted at "/data/" [duplicate-mount]'],
  ],
  [
    'an init image without a version',
    web({ initContainers: [{ name: 'a', image: 'busybox' }] }),
    ['/services/0/initContainers/0/image: the image "busybox" has neither tag nor digest [image-without-version]'],
  ],
  [
    'two kinds of value',
    web({ env: { X: { service: 'cart', secret: { name: 'a', key: 'b' } } } }),
    ['/services/0/env/X: "X" has service and secret [contradicting-keys]'],
  ],
  [
    'a cookie with a blank',
    web({ canary: { sessionAffinity: { cookieName: 'a b' } } }),
    [
      '/services/0/canary/sessionAffinity/cookieName: the cookie name "a b" has characters that a cookie\'s name may not have [canary]',
    ],
  ],
  [
    'a NUL, and half of a character',
    web({ args: ['a\u0000', '\ud800', '\u{1f426}'] }),
    [
      '/services/0/args/0: "0" has a NUL or half of a character [invalid-text]',
      '/services/0/args/1: "1" has a NUL or half of a character [invalid-text]',
    ],
  ],
  [
    'a password on the command line',
    web({ args: ['--db-password=hunter22', '--token=$(TOKEN)', '--token-file=/run/token'], env: { TOKEN: key } }),
    ['/services/0/args/0: "0" holds what looks like a secret on a command line [literal-secret]'],
  ],
  [
    'a variable that refers to one that is not there',
    web({ env: { ATTRS: 'a=$(SERVICE_NAM)', SERVICE_NAME: 'a', OWN: '$(REDIS_SERVICE_HOST) $$(X)' } }),
    [
      '/services/0/env/ATTRS: the variable ATTRS refers to $(SERVICE_NAM), and the container has no such variable [unknown-variable]',
    ],
  ],
  [
    'variables in a circle',
    web({ env: { PATH: '$(PATH):/x', B: '$(A)', A: '$(C)', C: '$(B)' } }),
    [
      '/services/0/env/PATH: the variable PATH refers to itself [variable-cycle]',
      '/services/0/env/A: the variables refer to each other in a circle: A → C → B → A [variable-cycle]',
    ],
  ],
  [
    'an argument that refers to a variable that is not there, and a shell that runs a command',
    web({
      args: ['--name=$(NAME)', '$(lower)'],
      initContainers: [{ name: 'i', image: 'busybox:1', command: ['/bin/sh', '-c', 'x $(HOSTNAME)'] }],
    }),
    ['/services/0/args/0: "args" refers to $(NAME), and the container has no such variable [unknown-variable]'],
  ],
])('%s', (_, change, expected) => {
  expect(lines(broken(change))).toEqual(expected);
});

test('a service may be named constructor', () => {
  const { catalog, findings } = broken(({ clusters, services }) => {
    services.push({ name: 'constructor', ports: [{ port: 80, protocol: 'http' }] });
    clusters[0].services = { web: { replicas: 2 } };
  });
  expect(findings).toEqual([]);
  expect(catalog?.services.at(-1)?.name).toBe('constructor');
});
