/** The public API: the constructs, their props, and the facts that they are built on. */
export * from './constructs';
