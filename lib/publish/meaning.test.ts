import { changedFiles } from './meaning';

const deployment = (fields: string) =>
  `apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: cart, namespace: shop}\nspec:\n  selector: {matchLabels: {app: cart}}\n  template:\n    metadata: {labels: {app: cart}}\n    spec:\n      containers:\n        - name: server\n          image: cart:1\n${fields}`;
const service = 'apiVersion: v1\nkind: Service\nmetadata: {name: cart, namespace: shop}\nspec: {ports: [{port: 80}]}\n';
const kustomization = (name: string) =>
  `apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\nresources: [${name}]\n`;

test.each<[string, Record<string, string>, Record<string, string>, string[]]>([
  ['nothing', { 'a/x.yaml': service }, { 'a/x.yaml': service }, []],
  [
    'key order, comments and style',
    { 'a/x.yaml': service },
    {
      'a/x.yaml':
        '# mine\nkind: Service\napiVersion: v1\nspec:\n  ports:\n    - port: 80\nmetadata:\n  namespace: shop\n  name: cart\n',
    },
    [],
  ],
  [
    'amounts written otherwise, a default written out, no more an empty map',
    { 'a/x.yaml': deployment('          resources: {limits: {cpu: 1000m, memory: 1024Mi}}\n') },
    {
      'a/x.yaml': deployment(
        '          resources: {limits: {memory: 1Gi, cpu: "1"}, requests: {}}\n          terminationMessagePolicy: File\n',
      ),
    },
    [],
  ],
  [
    'variables in another order',
    { 'a/x.yaml': deployment('          env: [{name: A, value: "1"}, {name: B, value: "2"}]\n') },
    { 'a/x.yaml': deployment('          env: [{name: B, value: "2"}, {name: A, value: "1"}]\n') },
    [],
  ],
  [
    'variables in another order, of which one uses the other',
    { 'a/x.yaml': deployment('          env: [{name: A, value: "1"}, {name: B, value: $(A)}]\n') },
    { 'a/x.yaml': deployment('          env: [{name: B, value: $(A)}, {name: A, value: "1"}]\n') },
    ['a/x.yaml'],
  ],
  ['a field', { 'a/x.yaml': deployment('') }, { 'a/x.yaml': deployment('          tty: true\n') }, ['a/x.yaml']],
  [
    'a file by another name',
    { 'a/x.yaml': service, 'a/kustomization.yaml': kustomization('x.yaml') },
    { 'a/y.yaml': service, 'a/kustomization.yaml': kustomization('y.yaml') },
    [],
  ],
  ['another folder', { 'a/x.yaml': service }, { 'b/x.yaml': service }, ['a/x.yaml', 'b/x.yaml']],
  ['one of two that are alike', { 'a/x.yaml': `${service}---\n${service}` }, { 'a/x.yaml': service }, ['a/x.yaml']],
  ['a folder that a kustomization takes in', { 'a/k.yaml': kustomization('./b') }, { 'a/k.yaml': '' }, ['a/k.yaml']],
  ['a template', { 'a/t.yaml': 'a: {{ .Values.a }}\n' }, { 'a/t.yaml': 'a: {{ .Values.b }}\n' }, ['a/t.yaml']],
])('%s', (_, before, after, changed) => {
  expect(changedFiles(new Map(Object.entries(before)), new Map(Object.entries(after)))).toEqual(changed);
});
