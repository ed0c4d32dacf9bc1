import type uPlot from 'uplot'

/** Along x: all there is, as it was drawn first. */
export type Whole = readonly [low: number, high: number]

/** uPlot's number for it. */
const LOGARITHMIC = 3
const itself = (value: number) => value

/** Moves the visible range by a share of itself, within the whole range. */
export function pan(plot: uPlot, share: number, [low, high]: Whole): void {
  const { min, max, distr } = plot.scales.x as { min: number; max: number; distr?: number }
  const [there, back] = distr === LOGARITHMIC ? [Math.log, Math.exp] : [itself, itself]
  const [from, to] = [there(min), there(max)]
  const by = Math.max(there(low) - from, Math.min(there(high) - to, (to - from) * share))
  if (by !== 0) plot.setScale('x', { min: back(from + by), max: back(to + by) })
}

/** With Shift held a drag moves the picture, as does a wheel that turns sideways; without Shift a drag zooms. */
export function withPan(
  box: HTMLElement,
  chart: () => uPlot | undefined,
  wholeOf: (plot: uPlot) => Whole | undefined,
): void {
  let lastX: number | undefined
  const move = (share: number) => {
    const plot = chart()
    const whole = plot === undefined ? undefined : wholeOf(plot)
    if (plot !== undefined && whole !== undefined) pan(plot, share, whole)
  }
  const width = () => Math.max(1, chart()?.over.clientWidth ?? 1)
  box.addEventListener('pointerdown', (event) => {
    // Before the first drag all there is is seen.
    const plot = chart()
    if (plot !== undefined) wholeOf(plot)
    if (!event.shiftKey || event.button !== 0) return
    lastX = event.clientX
    box.setPointerCapture(event.pointerId)
    event.preventDefault()
  })
  box.addEventListener('pointermove', (event) => {
    if (lastX === undefined) return
    move((lastX - event.clientX) / width())
    lastX = event.clientX
  })
  for (const end of ['pointerup', 'pointercancel'] as const) {
    box.addEventListener(end, () => {
      lastX = undefined
    })
  }
  box.addEventListener(
    'wheel',
    (event) => {
      const by = event.shiftKey && event.deltaX === 0 ? event.deltaY : event.deltaX
      if (by === 0 || Math.abs(by) < Math.abs(event.shiftKey ? 0 : event.deltaY)) return
      event.preventDefault()
      move(by / width())
    },
    { passive: false },
  )
}

/** A drag with Shift is no selection to zoom to. */
export const WITHOUT_SHIFT: uPlot.Cursor.Bind = {
  mousedown: (_, __, handler) => (event) => {
    if (!event.shiftKey) handler(event)
    return null
  },
}
