/** A change of one place of a JSON text: a value, its removal, or another name for its key. */
export type Edit =
  | { readonly pointer: string; readonly value: unknown }
  | { readonly pointer: string; readonly remove: true }
  | { readonly pointer: string; readonly rename: string };
