import { isConfigTrackingDisabled } from '../flagger';
import { atPath, rememberedFor, textAt, textMapAt } from '../kube';
import type { Entry, World } from '../world';

/** A Secret that a controller makes from another object: it is in no manifest. */
export interface ControlledSecret {
  /** Certificate of cert-manager, ExternalSecret, SealedSecret. */
  readonly entry: Entry;
  /** The field that names the Secret, or the nearest one above. */
  readonly pointer: string;
  /** Where the object says which annotations the Secret gets. */
  readonly annotationsAt: string;
  /** The controller writes new content from time to time. */
  readonly isRenewed: boolean;
  /** Flagger is told to leave it. */
  readonly isUntracked: boolean;
}

/** The Secrets that controllers make, by `namespace/name`. */
export const controlledSecrets = rememberedFor((world: World): ReadonlyMap<string, ControlledSecret> => {
  const found = new Map<string, ControlledSecret>();
  const add = (entry: Entry, namedAt: string, annotationsAt: string, isRenewed: boolean) => {
    const name = textAt(atPath(entry.object, namedAt.split('.')));
    const annotations = textMapAt(atPath(entry.object, annotationsAt.split('.')));
    found.set(`${entry.namespace}/${name ?? entry.name}`, {
      entry,
      pointer: name === undefined ? '/spec' : `/${namedAt.replaceAll('.', '/')}`,
      annotationsAt,
      isRenewed,
      isUntracked: isConfigTrackingDisabled(annotations),
    });
  };
  for (const entry of world.ofKind('Certificate', 'cert-manager.io'))
    if (textAt(entry.object, 'spec', 'secretName') !== undefined)
      add(entry, 'spec.secretName', 'spec.secretTemplate.annotations', true);
  for (const entry of world.ofKind('ExternalSecret', 'external-secrets.io'))
    add(entry, 'spec.target.name', 'spec.target.template.metadata.annotations', isFetchedAgain(entry));
  for (const entry of world.ofKind('SealedSecret', 'bitnami.com'))
    add(entry, 'spec.template.metadata.name', 'spec.template.metadata.annotations', false);
  return found;
});

/** @see external-secrets.io/latest/api/externalsecret (refreshPolicy; an interval of 0 fetches once) */
function isFetchedAgain({ object }: Entry): boolean {
  const policy = textAt(object, 'spec', 'refreshPolicy');
  return policy !== 'CreatedOnce' && !/^0[a-z]*$/.test(textAt(object, 'spec', 'refreshInterval') ?? '1h');
}
