import { mkdirSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import * as path from 'node:path';
import type { Manifest } from '../values';

const { compare } = createRequire(require.resolve('cdk8s'))('fast-json-patch') as {
  compare(from: unknown, to: unknown): unknown[];
};

/** A base and an overlay a service, with the smallest JSON patches that make the service of the base; a root over all. */
export function writeKustomize(folder: string, services: readonly Manifest[][]): void {
  const write = (file: string, content: unknown): void => {
    mkdirSync(path.dirname(path.join(folder, file)), { recursive: true });
    writeFileSync(path.join(folder, file), JSON.stringify(content, null, 1));
  };
  const [base = []] = services;
  base.forEach((object, index) => {
    write(`base/${index}.json`, object);
  });
  write('base/kustomization.yaml', { resources: base.map((_, index) => `${index}.json`) });
  const names = services.map((objects) => {
    const { name } = objects[0].metadata;
    const patches = objects.map((object, index) => ({
      target: { kind: object.kind },
      options: { allowNameChange: true },
      patch: JSON.stringify(compare(base[index], object)),
    }));
    write(`services/${name}/kustomization.yaml`, {
      resources: ['../../base'],
      patches: patches.filter(({ patch }) => patch !== '[]'),
    });
    return name as string;
  });
  write('kustomization.yaml', { resources: names.map((name) => `services/${name}`) });
}
