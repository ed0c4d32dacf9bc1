import type uPlot from 'uplot'
import { pan, type Whole, withPan } from './pan.ts'

/** When something is in each lane of a timeline, ascending. */
export type Lanes = readonly (readonly number[])[]

/**
 * Makes a chart reachable and usable without a mouse: arrows move the cursor, with Shift the picture, + and - zoom, 0 shows all. In a
 * timeline they go from event to event of a lane, and from lane to lane.
 */
export function withKeys(box: HTMLElement, label: string, chart: () => uPlot | undefined, lanes?: Lanes): void {
  box.tabIndex = 0
  box.setAttribute('role', 'img')
  const arrows = lanes === undefined ? 'move the cursor' : 'go from event to event and from lane to lane'
  box.setAttribute(
    'aria-label',
    `${label}. Arrow keys ${arrows}, plus and minus zoom, Shift with an arrow key moves the picture, zero shows all.`,
  )
  let whole: Whole | undefined
  const wholeOf = (plot: uPlot): Whole | undefined => {
    const { min, max } = plot.scales.x!
    if (min === undefined || max === undefined || min === null || max === null) return undefined
    whole ??= [min, max]
    return whole
  }
  withPan(box, chart, wholeOf)
  box.addEventListener('keydown', (event) => {
    const plot = chart()
    const all = plot === undefined ? undefined : wholeOf(plot)
    if (plot === undefined || all === undefined) return
    const sideways = STEPS[event.key]
    const down = ROWS[event.key]
    if (sideways !== undefined && event.shiftKey) pan(plot, sideways * PANNED, all)
    else if (sideways !== undefined && lanes !== undefined) toEvent(plot, lanes, sideways)
    else if (sideways !== undefined) step(plot, sideways)
    else if (down !== undefined && lanes !== undefined) toLane(plot, lanes.length, down)
    else if (event.key === '+' || event.key === '-') zoom(plot, event.key === '+' ? 0.5 : 2, all)
    else if (event.key === '0') plot.setScale('x', { min: all[0], max: all[1] })
    else return
    event.preventDefault()
  })
}

/** The share of the visible range by which an arrow key with Shift moves it. */
const PANNED = 0.25

const STEPS: Readonly<Record<string, 1 | -1>> = { ArrowLeft: -1, ArrowRight: 1 }
const ROWS: Readonly<Record<string, 1 | -1>> = { ArrowUp: -1, ArrowDown: 1 }

function step(plot: uPlot, by: number): void {
  const xs = plot.data[0]
  const from = plot.cursor.idx ?? (by > 0 ? -1 : xs.length)
  const index = Math.max(0, Math.min(xs.length - 1, from + by))
  plot.setCursor({ left: plot.valToPos(xs[index]!, 'x'), top: plot.over.clientHeight / 2 })
}

const laneOf = ({ cursor: { top = -1 }, over }: uPlot, lanes: number) =>
  Math.max(0, Math.min(lanes - 1, Math.floor((top / over.clientHeight) * lanes)))

const middleOf = ({ over }: uPlot, lane: number, lanes: number) => ((lane + 0.5) * over.clientHeight) / lanes

function toLane(plot: uPlot, lanes: number, by: number): void {
  const { left = -1, top = -1 } = plot.cursor
  const lane = top < 0 ? 0 : Math.max(0, Math.min(lanes - 1, laneOf(plot, lanes) + by))
  plot.setCursor({ left: Math.max(0, left), top: middleOf(plot, lane, lanes) })
}

/** The next event of the lane on that side; what lies beyond the picture is brought into it. */
function toEvent(plot: uPlot, lanes: Lanes, by: number): void {
  const { left = -1 } = plot.cursor
  const { min, max } = plot.scales.x as { min: number; max: number }
  const lane = laneOf(plot, lanes.length)
  const at = left < 0 ? (by > 0 ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY) : plot.posToVal(left, 'x')
  // A position on the screen is not exactly the time that it was made of.
  const near = (max - min) * 1e-7
  const times = lanes[lane]!
  const next = by > 0 ? times.find((time) => time > at + near) : times.findLast((time) => time < at - near)
  if (next === undefined) return
  if (next < min || next > max) {
    const half = (max - min) / 2
    plot.setScale('x', { min: next - half, max: next + half })
  }
  plot.setCursor({ left: plot.valToPos(next, 'x'), top: middleOf(plot, lane, lanes.length) })
}

/** Around the cursor, or around the middle. */
function zoom(plot: uPlot, factor: number, [low, high]: Whole): void {
  const { min, max } = plot.scales.x as { min: number; max: number }
  const left = plot.cursor.left ?? -1
  const middle = left >= 0 ? plot.posToVal(left, 'x') : (min + max) / 2
  const from = Math.max(low, middle - (middle - min) * factor)
  const to = Math.min(high, middle + (max - middle) * factor)
  if (to > from) plot.setScale('x', { min: from, max: to })
}
