/** How words become flags: as they are written. */
export const PARSING = { 'dot-notation': false, 'boolean-negation': false, 'greedy-arrays': false } as const
