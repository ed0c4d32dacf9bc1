import type { Result, Run } from '../result.ts'

/** A parameter of the machine, or a cost, that changed. */
export type Cause = { readonly parameter: string; readonly was: number; readonly is: number }

/** The differences between the machines of two results; empty if one result does not describe its machine. */
export function causesOf(was: Result, is: Result): Cause[] {
  const found = new Map<string, Cause>()
  for (const [index, { model }] of was.runs.entries()) {
    const [before, after] = [model?.machine, is.runs[index]?.model?.machine]
    if (before === undefined || after === undefined) continue
    for (const [parameter, value] of Object.entries(before)) {
      const now = after[parameter]
      if (now !== undefined && now !== value) found.set(parameter, { parameter, was: value, is: now })
    }
  }
  return [...found.values()]
}

/** Where the time of a role went instead, as a share of its total time. */
export type Shift = {
  readonly run: string
  readonly role: string
  readonly into: string
  readonly was: number
  readonly is: number
}

/** The largest shift of each run: how a change of the code shows in the model's attribution of time. */
export function shiftsOf(was: Run, is: Run, run: string): Shift[] {
  const shifts = (was.model?.blocked ?? []).flatMap(({ role, ns }) => {
    const other = is.model?.blocked.find((candidate) => candidate.role === role)?.ns ?? {}
    const shares = (of: Readonly<Record<string, number>>) => {
      const whole = Object.values(of).reduce((sum, value) => sum + value, 0)
      return (name: string) => (whole === 0 ? 0 : (of[name] ?? 0) / whole)
    }
    const [before, after] = [shares(ns), shares(other)]
    return [...new Set([...Object.keys(ns), ...Object.keys(other)])].map((into) => {
      return { run, role, into, was: before(into), is: after(into) }
    })
  })
  return shifts
    .filter((shift) => shift.was !== shift.is)
    .sort((a, b) => Math.abs(b.is - b.was) - Math.abs(a.is - a.was))
    .slice(0, 1)
}
