const LEVELS = '▁▂▃▄▅▆▇█'

/** A curve as one line of text: each value by its height between `low` and `high`. */
export const spark = (values: readonly number[], low = Math.min(...values), high = Math.max(...values)): string =>
  values
    .map((value) => LEVELS[high <= low ? 0 : Math.round(((value - low) / (high - low)) * (LEVELS.length - 1))])
    .join('')
