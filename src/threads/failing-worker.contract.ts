/** Tasks of workers that fail, for the tests of what detects it. */

/** Takes memory until there is none left. */
export function exhaust(): never {
  const held: number[][] = []
  for (;;) held.push(new Array(1 << 16).fill(held.length))
}

/** In place of a calibration: leaves the process. */
export function arithmetic(): never {
  process.exit(7)
}

/** Runs, and never reaches any barrier. */
export function idle(): Promise<never> {
  return new Promise(() => setInterval(() => {}, 1000))
}
