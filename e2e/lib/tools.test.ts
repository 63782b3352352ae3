import { cacheFolder, linkerFlags, pinnedVersion } from './tools';

const goMod = `module aviary/e2e/x

require k8s.io/kubernetes v1.36.3

require (
	github.com/fluxcd/flagger v1.44.0
	sigs.k8s.io/kustomize/api v0.21.0 // indirect
)

replace sigs.k8s.io/kustomize/api => sigs.k8s.io/kustomize/api v0.21.1
`;

test.each([
  ['k8s.io/kubernetes', 'v1.36.3'],
  ['github.com/fluxcd/flagger', 'v1.44.0'],
  ['sigs.k8s.io/kustomize/api', 'v0.21.1'],
])('pinnedVersion of %s', (module, version) => {
  expect(pinnedVersion(goMod, module)).toBe(version);
});

test('pinnedVersion of a module that go.mod does not name', () => {
  expect(() => pinnedVersion(goMod, 'k8s.io/api')).toThrow('go.mod does not pin k8s.io/api');
});

test('Kubernetes is told its version', () => {
  const flags = linkerFlags({ name: 'kube-apiserver', pkg: '.', module: 'k8s.io/kubernetes' }, 'v1.36.3');
  expect(flags).toContain('version.gitVersion=v1.36.3');
  expect(flags).toContain('version.gitMajor=1');
  expect(flags).toContain('version.gitMinor=36');
});

test.each([
  [{ AVIARY_E2E_CACHE: '/a' }, '/a'],
  [{ XDG_CACHE_HOME: '/b' }, '/b/aviary-e2e'],
])('cacheFolder of %j', (env, folder) => {
  expect(cacheFolder(env)).toBe(folder);
});
