import type { KubeObject } from '../../lib/kube';
import { ApiError, type KubeClient, type LiveObject, type Refusal } from './kube-client';
import { objectName, sortForApply } from './manifests';
import { waitFor } from './wait';

const domain = 'kustomize.toolkit.fluxcd.io';

export interface Reconciliation {
  readonly applied: readonly string[];
  readonly skipped: readonly string[];
  readonly pruned: readonly string[];
  readonly refusals: readonly Refusal[];
  readonly warnings: readonly Refusal[];
}

/**
 * One reconciliation of a Kustomization by Flux's rules, without Flux: server-side apply under its field manager; an object is left alone
 * where it asks for that; what an earlier reconciliation applied and this one does not is deleted.
 *
 * @see fluxcd/pkg ssa v0.76.1 manager_apply.go (shouldSkipApply), fluxcd/kustomize-controller v1.9.4
 *   internal/controller/kustomization_controller.go (apply, prune)
 */
export class FluxApply {
  private inventory = new Map<string, KubeObject>();

  constructor(private readonly client: KubeClient) {}

  async reconcile(
    objects: readonly { readonly object: KubeObject; readonly text?: string }[],
  ): Promise<Reconciliation> {
    const applied: string[] = [];
    const skipped: string[] = [];
    const pruned: string[] = [];
    const refusals: Refusal[] = [];
    const warnings: Refusal[] = [];
    const inventory = new Map<string, KubeObject>();
    for (const { object, text } of sortForApply(objects)) {
      const name = objectName(object);
      inventory.set(`${object.apiVersion} ${name}`, object);
      try {
        if (isLeftAlone(object, await this.live(object))) {
          skipped.push(name);
          continue;
        }
        const answer = await this.applied(object, text);
        warnings.push(...answer.warnings.map((message) => ({ object: name, message })));
        applied.push(name);
      } catch (error) {
        if (!(error instanceof ApiError)) throw error;
        refusals.push({ object: name, message: error.message });
      }
    }
    for (const [key, object] of this.inventory) {
      if (inventory.has(key) || isKeptFromPruning(await this.live(object))) continue;
      await this.client.delete(object);
      pruned.push(objectName(object));
    }
    this.inventory = inventory;
    return { applied, skipped, pruned, refusals, warnings };
  }

  /** What the API server refuses to change is deleted and made again, where the object asks for it. */
  private async applied(object: KubeObject, text: string | undefined): ReturnType<KubeClient['apply']> {
    const apply = () => this.client.apply(object, { text, fieldManager: 'kustomize-controller' });
    try {
      return await apply();
    } catch (error) {
      const isFrozen = error instanceof ApiError && /immutable|cannot change/i.test(error.message);
      if (!isFrozen || says(object, 'force') !== 'enabled') throw error;
      await this.client.delete(object);
      await waitFor(`${objectName(object)} to be gone`, async () => ((await this.live(object)) ? undefined : true), {
        timeoutSeconds: 60,
      });
      return apply();
    }
  }

  private live({ apiVersion, kind, metadata }: KubeObject): Promise<LiveObject | undefined> {
    return this.client.get(apiVersion, kind, metadata.namespace ?? 'default', metadata.name);
  }
}

const says = (object: KubeObject | undefined, key: string): string | undefined =>
  object?.metadata.annotations?.[`${domain}/${key}`] ?? object?.metadata.labels?.[`${domain}/${key}`];

function isLeftAlone(wanted: KubeObject, live: LiveObject | undefined): boolean {
  const isExcluded = [wanted, live].some(
    (object) => says(object, 'reconcile') === 'disabled' || says(object, 'ssa') === 'Ignore',
  );
  return isExcluded || (live !== undefined && says(wanted, 'ssa') === 'IfNotPresent');
}

function isKeptFromPruning(live: LiveObject | undefined): boolean {
  return says(live, 'prune') === 'disabled' || says(live, 'reconcile') === 'disabled' || says(live, 'ssa') === 'Ignore';
}
