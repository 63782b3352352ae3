import { ApiObject, type JsonPatch } from 'cdk8s';

/** An object of a release that knows whether somebody patches it. */
export class TrackedObject extends ApiObject {
  /** Whether its JSON is what its maker gave it. */
  isPatched = false;
  /** Changes the JSON after the patches; what it sets is no part of the digest. */
  afterPatches?: (json: Record<string, unknown>) => void;

  override addJsonPatch(...ops: JsonPatch[]): void {
    this.isPatched = true;
    super.addJsonPatch(...ops);
  }

  override toJson(): Record<string, unknown> {
    const json = super.toJson();
    this.afterPatches?.(json);
    return json;
  }

  /** The JSON with its patches, without what is computed of it. */
  patchedJson(): unknown {
    return super.toJson();
  }
}
