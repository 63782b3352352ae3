import { changedImages, imageParts } from '../ask';
import { deploymentOf } from '../case-objects';
import { danger } from '../danger';

/** Tags that their owners move. */
const MOVING = /^(latest|main|master|edge|nightly|dev|develop|stable|snapshot|canary|test|staging|prod(uction)?)$/i;

export default danger({
  id: 'image-unpinned',
  severity: 'warning',
  since: '0.2.0',
  why: 'A tag that its owner moves means another image tomorrow: pods that start later run something that no commit names, in one service two versions at a time, and a rollback to the same tag brings back nothing. A digest that is dropped gives up the same certainty.',
  cause: 'what runs is no longer what the commit names: pods that start later may run something else',
  source: ['kubernetes.io/docs/concepts/containers/images'],
  check(diff, report) {
    for (const { workload, before, after, pointer } of changedImages(diff)) {
      const [was, is] = [imageParts(before), imageParts(after)];
      if (is.digest !== undefined) continue;
      const moves = is.tag === undefined || MOVING.test(is.tag);
      const hadDigest = was.digest !== undefined;
      if (!hadDigest && (!moves || was.tag === undefined || MOVING.test(was.tag))) continue;
      report(workload.entry, {
        pointer,
        message: hadDigest
          ? `${workload.kind} "${workload.name}" gives up the digest of its image: ${after}`
          : `${workload.kind} "${workload.name}" goes to a tag that moves: ${after}`,
        fix: 'name the image by its digest (`name:tag@sha256:…`), or by a tag that is never used again',
      });
    }
  },
  cases: {
    bad: [
      {
        name: 'latest',
        before: [deploymentOf('cart', { image: 'cart:v1.2.4' })],
        after: [deploymentOf('cart', { image: 'cart:latest' })],
        expect: [
          { object: 'Deployment shop/cart', message: 'Deployment "cart" goes to a tag that moves: cart:latest' },
        ],
      },
      {
        name: 'the digest goes',
        before: [deploymentOf('cart', { image: `cart:v1@sha256:${'a'.repeat(64)}` })],
        after: [deploymentOf('cart', { image: 'cart:v1' })],
        expect: [
          {
            object: 'Deployment shop/cart',
            message: 'Deployment "cart" gives up the digest of its image: cart:v1',
          },
        ],
      },
    ],
    good: [
      {
        name: 'a digest',
        before: [deploymentOf('cart', { image: 'cart:v1' })],
        after: [deploymentOf('cart', { image: `cart:latest@sha256:${'b'.repeat(64)}` })],
      },
    ],
  },
});
