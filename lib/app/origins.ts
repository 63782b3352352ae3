import { type IConstruct, Node } from 'constructs';

/** Between a line of somebody's own and the object that it makes stand the constructors of libraries. */
const MOST_FRAMES = 40;

const roots = new WeakSet<IConstruct>();
const stacks = new WeakMap<IConstruct, Error>();
let isInstalled = false;

/** From now on each construct below the root remembers where it was made: findings about its objects are shown there. */
export function recordOrigins(root: IConstruct): void {
  roots.add(root);
  if (isInstalled) return;
  isInstalled = true;
  const node = Node.prototype as unknown as { addChild(child: IConstruct, name: string): void };
  const { addChild } = node;
  // Of another release of constructs: findings then stay at the files of the tree.
  if (typeof addChild !== 'function') return;
  node.addChild = function (this: Node, child, name) {
    addChild.call(this, child, name);
    if (!roots.has(this.root)) return;
    const limit = Error.stackTraceLimit;
    Error.stackTraceLimit = MOST_FRAMES;
    stacks.set(child, new Error());
    Error.stackTraceLimit = limit;
  };
}

/** The stack in which a construct was made. */
export const originOf = (construct: IConstruct): Error | undefined => stacks.get(construct);
