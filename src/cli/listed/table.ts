import { leftColumns } from '../../report/numbers.ts'
import type { Listing } from '../listing.ts'

/** The width of the terminal; undefined if output goes elsewhere. */
export type Width = number | undefined

export type Scenario = Listing['scenarios'][number]
export type Parameter = Scenario['parameters'][string]
export type Profile = Extract<Listing['machines'][number], { readonly cpu: string }>
export type Kernel = Listing['kernels'][number]

const INDENT = '    '

/** Left-aligned columns under a heading; text in the last column wraps below itself. */
export function table(rows: readonly (readonly string[])[], width: Width): string {
  if (rows.length === 0) return ''
  return indented(leftColumns(rows, width === undefined ? undefined : width - INDENT.length))
}

export const indented = (text: string): string =>
  text
    .split('\n')
    .map((line) => INDENT + line)
    .join('\n')

export const domain = (parameter: Parameter): string =>
  parameter.kind === 'choice' ? parameter.choices.join('|') : `${parameter.low}..${parameter.high}`
