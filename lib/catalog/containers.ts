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
}

/** The containers of a service: its own, whose fields are those of the service, those that run first and those beside it. */
export function containersOf({
  env = {},
  command,
  args,
  resources,
  initContainers,
  containers,
  container: main,
}: ResolvedService): ServiceContainer[] {
  return [
    { path: [], env, command, args, resources, envFrom: main?.envFrom, envFromPath: ['container', 'envFrom'] },
    ...(['initContainers', 'containers'] as const).flatMap(
      (field) =>
        ({ initContainers, containers })[field]?.map((container, index) => ({
          path: [field, index],
          env: container.env ?? {},
          command: container.command,
          args: container.args,
          resources: container.resources,
          envFrom: container.envFrom,
          envFromPath: [field, index, 'envFrom'],
        })) ?? [],
    ),
  ];
}
