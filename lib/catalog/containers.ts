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
}

/** The containers of a service: its own, whose fields are those of the service, and those that run first. */
export function containersOf({
  env = {},
  command,
  args,
  resources,
  initContainers,
}: ResolvedService): ServiceContainer[] {
  return [
    { path: [], env, command, args, resources },
    ...(initContainers ?? []).map((init, index) => ({
      path: ['initContainers', index],
      env: init.env ?? {},
      command: init.command,
      args: init.args,
      resources: init.resources,
    })),
  ];
}
