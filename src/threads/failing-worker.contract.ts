/** Tasks of workers that come to a bad end, for the tests of what has to notice. */

/** Takes memory until there is none left. */
export function exhaust(): never {
  const held: number[][] = []
  for (;;) held.push(new Array(1 << 16).fill(held.length))
}

/** In place of a calibration: leaves the process. */
export function primitives(): never {
  process.exit(7)
}

/** Lives, and never comes to any barrier. */
export function idle(): Promise<never> {
  return new Promise(() => setInterval(() => {}, 1000))
}
