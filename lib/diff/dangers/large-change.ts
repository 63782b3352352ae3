import { object } from '../case-objects';
import { danger } from '../danger';

/** More than this, and more than a third of all, is no step that anybody reads. */
const MANY = 50;
const SHARE = 1 / 3;

export default danger({
  id: 'large-change',
  severity: 'warning',
  since: '0.2.0',
  why: 'A change of half a cluster is read by nobody, and when something breaks it is taken back as a whole. Often it is a mistake: a branch that was behind, a generator of another version, a folder that was moved.',
  cause: 'nobody can read it, and it can be taken back only as a whole',
  source: ['sre.google/workbook/canarying-releases'],
  check(diff, report) {
    const { changes } = diff;
    const all = diff.before.entries().length;
    const removed = changes.filter(({ isDeleted }) => isDeleted);
    const written = changes.filter(
      ({ isAdded, isRemoved, isMoved, written }) => isAdded || isRemoved || isMoved || written.length > 0,
    );
    const first = written[0];
    if (!first || written.length <= MANY || written.length <= SHARE * all) return;
    report(first, {
      message: `${written.length} objects change of the ${all} that were there; ${removed.length} of them go`,
      fix: 'look whether the branch is up to date and the generator the same; then make several commits of it',
    });
  },
  cases: {
    bad: [
      {
        name: 'everything gets another namespace',
        before: Array.from({ length: 30 }, (_, index) => object('v1', 'ConfigMap', `c${index}`)),
        after: Array.from({ length: 30 }, (_, index) => object('v1', 'ConfigMap', `c${index}`, {}, 'store')),
        expect: [
          {
            object: 'ConfigMap shop/c0',
            message: '60 objects change of the 30 that were there; 30 of them go',
          },
        ],
      },
    ],
    good: [
      {
        name: 'many, and few of all',
        before: Array.from({ length: 300 }, (_, index) => object('v1', 'ConfigMap', `c${index}`)),
        after: Array.from({ length: 300 }, (_, index) =>
          object('v1', 'ConfigMap', `c${index}`, index < 60 ? { data: { a: 'b' } } : {}),
        ),
      },
    ],
  },
});
