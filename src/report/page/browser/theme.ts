/** Colours that remain distinct for readers with red-green colour blindness (Okabe and Ito), on light and on dark. */
const SERIES = {
  light: ['#0072b2', '#c2520a', '#007a5e', '#a3488a', '#5c5c5c', '#8a6d00', '#2f6fdf', '#8c2d2d'],
  dark: ['#5bb4e8', '#f0a04b', '#3ccf9e', '#e79bd0', '#bdbdbd', '#e8d44d', '#9fb6ff', '#ff9b9b'],
}

export type Theme = {
  readonly series: readonly string[]
  readonly text: string
  readonly grid: string
  readonly ground: string
}

const dark = matchMedia('(prefers-color-scheme: dark)')
const printed = matchMedia('print')

export function theme(): Theme {
  const isDark = dark.matches && !printed.matches
  return isDark
    ? { series: SERIES.dark, text: '#e4e4e4', grid: '#3d3d3d', ground: '#161616' }
    : { series: SERIES.light, text: '#1b1b1b', grid: '#dcdcdc', ground: '#ffffff' }
}

/** Calls back when the colours change. */
export function onThemeChange(redraw: () => void): void {
  for (const query of [dark, printed]) query.addEventListener('change', redraw)
}

/** The colour with the given opacity. */
export const faint = (colour: string, share: number): string =>
  `${colour}${Math.round(share * 255)
    .toString(16)
    .padStart(2, '0')}`
