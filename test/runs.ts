/** Whether this is `npm run test:long`. */
export const isLong = process.env.AVIARY_LAWS === 'long';

/**
 * How often a law is tried: all of it in `npm run test:long`, an eighth in `npm test`, which is a first answer. A file
 * `x.long.test.ts` that only imports `x.test.ts` is there for that.
 */
export const runs = (whole: number): number => (isLong ? whole : Math.ceil(whole / 8));
