import uPlot from 'uplot'
import type { Axis, Lines, Series } from '../spec.ts'
import { element } from './dom.ts'
import { inUnit, percentileText } from './format.ts'
import { withKeys } from './keys.ts'
import { WITHOUT_SHIFT } from './pan.ts'
import { faint, onThemeChange, type Theme, theme } from './theme.ts'

const HEIGHT = 300
/** The number of letters that fit along the left side; the chart's heading has longer labels. */
const LONGEST_LABEL = 34
/** The same for the label below. */
const LONGEST_BELOW = 44
/** The width of the values on the left. */
const AXIS = 70
const BELOW = 34
const BELOW_LABEL = 20

/** Curves and dots over two axes; zoom by dragging, or by the keyboard. */
export function linesChart(spec: Lines, label: string): HTMLElement {
  const box = element('div', { class: 'plot' })
  const live = element('p', { class: 'under-pointer', 'aria-live': 'polite' })
  let plot: uPlot | undefined
  const draw = () => {
    plot?.destroy()
    plot = new uPlot(optionsOf(spec, box, live, theme()), dataOf(spec), box)
    const charts = box as unknown as { chart?: uPlot }
    charts.chart = plot
  }
  withKeys(box, label, () => plot)
  const frame = element('div', {}, box, live)
  new ResizeObserver(() => {
    if (plot === undefined && box.clientWidth > 0) draw()
    else plot?.setSize({ width: box.clientWidth, height: HEIGHT })
  }).observe(box)
  onThemeChange(() => box.clientWidth > 0 && draw())
  return frame
}

/** All series over one ascending list of x, with gaps where a series has no point. */
function dataOf({ series }: Lines): uPlot.AlignedData {
  const xs = [...new Set(series.flatMap(({ points }) => points.map(([x]) => x)))].sort((a, b) => a - b)
  const at = new Map(xs.map((x, index) => [x, index]))
  const columns = series.flatMap((each) => {
    const values = (pick: (index: number) => number) => {
      const column: (number | null | undefined)[] = new Array(xs.length).fill(undefined)
      for (const [index, [x]] of each.points.entries()) column[at.get(x)!] = pick(index)
      return column
    }
    const own = values((index) => each.points[index]![1])
    const { band } = each
    return band === undefined ? [own] : [own, values((index) => band[index]![0]), values((index) => band[index]![1])]
  })
  return [xs, ...columns] as unknown as uPlot.AlignedData
}

function optionsOf({ x, y, series }: Lines, box: HTMLElement, live: HTMLElement, colours: Theme): uPlot.Options {
  const drawn: uPlot.Series[] = [{ label: x.label }]
  const bands: uPlot.Band[] = []
  const names = [...new Set(series.map((each) => each.of ?? each.name))]
  for (const each of series) {
    const colour = colours.series[names.indexOf(each.of ?? each.name) % colours.series.length]!
    drawn.push(seriesOf(each, y, colour))
    if (each.band === undefined) continue
    const edge = { stroke: faint(colour, 0.4), width: 1, points: { show: false }, spanGaps: true } as const
    drawn.push({ label: `${each.name}, low`, ...edge }, { label: `${each.name}, high`, ...edge })
    bands.push({ series: [drawn.length - 1, drawn.length - 2], fill: faint(colour, 0.15) })
  }
  return {
    width: box.clientWidth,
    height: HEIGHT,
    scales: { x: scaleOf(x, false), y: scaleOf(y, true) },
    axes: [
      { ...axisOf(x, colours, LONGEST_BELOW), ...sizesOn(x, series), size: BELOW, labelSize: BELOW_LABEL },
      { ...axisOf(y, colours, LONGEST_LABEL), size: AXIS },
    ],
    series: drawn,
    bands,
    legend: { show: false },
    cursor: { drag: { x: true, y: false }, points: { size: 7 }, bind: WITHOUT_SHIFT },
    hooks: { setCursor: [(plot) => tell(plot, x, y, live)] },
  }
}

function seriesOf({ name, style }: Series, { unit }: Axis, stroke: string): uPlot.Series {
  return {
    label: name,
    stroke,
    width: style === 'dots' ? 0 : 2,
    spanGaps: true,
    points: { show: style === 'dots', size: 6, fill: stroke },
    value: (_, value) => (value === null ? '-' : inUnit(value, unit)),
    ...(style === 'dashed' ? { dash: [6, 6] } : {}),
    ...(style === 'dots' ? { paths: () => null } : {}),
  }
}

const scaleOf = ({ scale }: Axis, isValue: boolean): uPlot.Scale => {
  if (scale === 'linear') return { time: false, ...(isValue ? { range: fromZero } : {}) }
  const range = (_: uPlot, low: number, high: number): uPlot.Range.MinMax => [low / MARGIN, high * MARGIN]
  return { time: false, distr: 3, log: 10, ...(!isValue && scale === 'log' ? { range } : {}) }
}

/** Keeps points off the edge of a logarithmic axis. */
const MARGIN = 1.03
/** Between two numbers on an axis, in pixels. */
const APART = 34

/** A swept parameter has its own values on the axis, as many of them as there is room for. */
function sizesOn({ scale }: Axis, series: readonly Series[]): Pick<uPlot.Axis, 'splits' | 'filter'> {
  if (scale !== 'log') return {}
  const tried = series.filter(({ style }) => style === 'dots').flatMap(({ points }) => points.map(([value]) => value))
  const sizes = [...new Set(tried)].sort((a, b) => a - b)
  const splits = ({ width }: uPlot, _: number, min: number, max: number): number[] => {
    const place = (value: number) => (Math.log(value / min) / Math.log(max / min)) * (width - AXIS)
    let last = -APART
    return sizes.filter((value) => {
      if (value < min || value > max || place(value) - last < APART) return false
      last = place(value)
      return true
    })
  }
  return { splits, filter: (_, values) => values }
}

/** A rate or a count begins at zero, so that a height can be compared with another. */
const fromZero = (_: uPlot, low: number, high: number): uPlot.Range.MinMax => [
  Math.min(0, low),
  high <= 0 ? 1 : high * 1.05,
]

const axisOf = ({ label, unit, scale }: Axis, { text, grid }: Theme, longest: number): uPlot.Axis => ({
  ...(label.length > longest ? {} : { label }),
  stroke: text,
  grid: { stroke: grid, width: 1 },
  ticks: { stroke: grid, width: 1 },
  values: (_, splits) =>
    splits.map((value) => (value === null ? '' : scale === 'tail' ? percentileText(value) : inUnit(value, unit))),
})

/** The values under the pointer, as text that is read out. */
function tell(plot: uPlot, x: Axis, y: Axis, live: HTMLElement): void {
  const { idx } = plot.cursor
  if (idx === null || idx === undefined) {
    live.textContent = ''
    return
  }
  const at = plot.data[0][idx]!
  const values = plot.series.slice(1).flatMap(({ label }, index) => {
    const value = plot.data[index + 1]?.[idx]
    return value === null || value === undefined ? [] : [`${label} ${inUnit(value, y.unit)}`]
  })
  live.textContent = `${x.scale === 'tail' ? percentileText(at) : inUnit(at, x.unit)}: ${values.join(', ')}`
}
