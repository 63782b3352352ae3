/** What a parser returns: the value, or why the text is not one (half a sentence, without the text itself). */
export type Parsed<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly error: string };
