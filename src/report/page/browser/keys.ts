import type uPlot from 'uplot'

/** Makes a chart reachable and usable without a mouse: arrows move the cursor, + and - zoom, 0 shows all. */
export function withKeys(box: HTMLElement, label: string, chart: () => uPlot | undefined): void {
  box.tabIndex = 0
  box.setAttribute('role', 'img')
  box.setAttribute('aria-label', `${label}. Arrow keys move the cursor, plus and minus zoom, zero shows all.`)
  let whole: readonly [number, number] | undefined
  box.addEventListener('keydown', (event) => {
    const plot = chart()
    if (plot === undefined) return
    const { min, max } = plot.scales.x!
    if (min === undefined || max === undefined || min === null || max === null) return
    whole ??= [min, max]
    if (event.key === 'ArrowLeft' || event.key === 'ArrowRight') step(plot, event.key === 'ArrowRight' ? 1 : -1)
    else if (event.key === '+' || event.key === '-') zoom(plot, event.key === '+' ? 0.5 : 2, whole)
    else if (event.key === '0') plot.setScale('x', { min: whole[0], max: whole[1] })
    else return
    event.preventDefault()
  })
}

function step(plot: uPlot, by: number): void {
  const xs = plot.data[0]
  const from = plot.cursor.idx ?? (by > 0 ? -1 : xs.length)
  const index = Math.max(0, Math.min(xs.length - 1, from + by))
  plot.setCursor({ left: plot.valToPos(xs[index]!, 'x'), top: plot.over.clientHeight / 2 })
}

/** Around the cursor, or around the middle. */
function zoom(plot: uPlot, factor: number, [low, high]: readonly [number, number]): void {
  const { min, max } = plot.scales.x as { min: number; max: number }
  const left = plot.cursor.left ?? -1
  const middle = left >= 0 ? plot.posToVal(left, 'x') : (min + max) / 2
  const from = Math.max(low, middle - (middle - min) * factor)
  const to = Math.min(high, middle + (max - middle) * factor)
  if (to > from) plot.setScale('x', { min: from, max: to })
}
