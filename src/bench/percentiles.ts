/** Samples that a percentile (0 to 100) needs before it is a figure: ten beyond it. The median and the longest need one. */
export const samplesNeeded = (percentile: number): number =>
  percentile === 100 || percentile <= 50 ? 1 : Math.round(1000 / (100 - percentile))
