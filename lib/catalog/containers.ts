import { rememberedFor } from '../kube';
import type { Path } from './problem';
import type { ResolvedService } from './resolve';

type InitContainer = NonNullable<ResolvedService['initContainers']>[number];

/** One container of a service's pods, with what all of them have. */
export interface ServiceContainer {
  /** Where its fields are, below the service. */
  readonly path: Path;
  readonly env: NonNullable<ResolvedService['env']>;
  readonly command?: InitContainer['command'];
  readonly args?: InitContainer['args'];
  readonly resources?: InitContainer['resources'];
  readonly envFrom?: InitContainer['envFrom'];
  readonly envFromPath: Path;
  readonly envOrder?: InitContainer['envOrder'];
  readonly envOrderPath: Path;
}

/** The containers of a service: its own, whose fields are those of the service, those that run first and those beside it. */
export const containersOf = rememberedFor((service: ResolvedService): readonly ServiceContainer[] => {
  const { env = {}, command, args, resources, container: main } = service;
  const own = {
    path: [],
    env,
    command,
    args,
    resources,
    envFrom: main?.envFrom,
    envFromPath: ['container', 'envFrom'],
    envOrder: main?.envOrder,
    envOrderPath: ['container', 'envOrder'],
  };
  const others = (['initContainers', 'containers'] as const).flatMap(
    (field) => service[field]?.map(listed(field)) ?? [],
  );
  return [own, ...others];
});

const listed =
  (field: string) =>
  (container: InitContainer, index: number): ServiceContainer => ({
    path: [field, index],
    env: container.env ?? {},
    command: container.command,
    args: container.args,
    resources: container.resources,
    envFrom: container.envFrom,
    envFromPath: [field, index, 'envFrom'],
    envOrder: container.envOrder,
    envOrderPath: [field, index, 'envOrder'],
  });
