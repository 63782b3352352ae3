import { mkdirSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import * as path from 'node:path';
import type { Manifest } from '../values';

const { compare } = createRequire(require.resolve('cdk8s'))('fast-json-patch') as {
  compare(from: unknown, to: unknown): unknown[];
};

/** Its suffix makes a service of it: kustomize then finds the references by itself. */
const BASE_NAME = 'svc';

/** A base and an overlay a service, with the smallest JSON patches that make the service of the base; a root over all. */
export function writeKustomize(folder: string, services: readonly Manifest[][]): void {
  const write = (file: string, content: unknown): void => {
    mkdirSync(path.dirname(path.join(folder, file)), { recursive: true });
    writeFileSync(path.join(folder, file), JSON.stringify(content, null, 1));
  };
  const base = (services[0] ?? []).map(withBaseName);
  base.forEach((object, index) => {
    write(`base/${index}.json`, object);
  });
  write('base/kustomization.yaml', { resources: base.map((_, index) => `${index}.json`) });
  const names = services.map((objects) => {
    const name: string = objects[0].metadata.name;
    const patches = objects.map((object, index) => ({
      target: { kind: object.kind },
      patch: JSON.stringify(compare(base[index], withBaseName(object))),
    }));
    write(`services/${name}/kustomization.yaml`, {
      resources: ['../../base'],
      nameSuffix: name.slice(BASE_NAME.length),
      patches: patches.filter(({ patch }) => patch !== '[]'),
    });
    return name;
  });
  write('kustomization.yaml', { resources: names.map((name) => `services/${name}`) });
}

/** The object as it is before the suffix. */
function withBaseName(object: Manifest): Manifest {
  const copy = structuredClone(object);
  copy.metadata.name = BASE_NAME;
  if (copy.kind === 'Deployment') copy.spec.template.spec.serviceAccountName = BASE_NAME;
  if (copy.kind === 'HorizontalPodAutoscaler') copy.spec.scaleTargetRef.name = BASE_NAME;
  return copy;
}
