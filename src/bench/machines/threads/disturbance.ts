/** Longer than this no busy host keeps the main thread from a look that is due. */
const LONGEST_GAP_MS = 1000
const LOOK_MS = 50
/** How often a trial is repeated because the process was stopped during it. */
const MOST_AGAIN = 3

/** How often the process has been stopped and continued, as far as it was notified. */
export type Stops = () => number

/** Runs something and reports whether the process was stopped meanwhile: such a measurement is void. */
export async function watched<T>(stops: Stops, run: () => Promise<T>): Promise<{ value: T; isDisturbed: boolean }> {
  const stopsBefore = stops()
  let lastMs = performance.now()
  let gapMs = 0
  const look = () => {
    const now = performance.now()
    gapMs = Math.max(gapMs, now - lastMs)
    lastMs = now
  }
  const looking = setInterval(look, LOOK_MS)
  try {
    const value = await run()
    look()
    return { value, isDisturbed: gapMs > LONGEST_GAP_MS || stops() > stopsBefore }
  } finally {
    clearInterval(looking)
  }
}

/** A trial in which the process did not stand still, and how many did before it; none of those is used. */
export async function undisturbed<T>(stops: Stops = () => 0, trial: () => Promise<T>) {
  for (let disturbed = 0; disturbed < MOST_AGAIN; disturbed += 1) {
    const { value, isDisturbed } = await watched(stops, trial)
    if (!isDisturbed) return { value, disturbed }
  }
  return { value: undefined, disturbed: MOST_AGAIN }
}
