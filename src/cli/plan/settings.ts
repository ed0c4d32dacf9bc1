import { FaultlineError } from '../../errors/faultline-error.ts'
import { BROADCAST, WORK } from '../../protocols/costs.ts'
import { integer } from '../flags.ts'

type Settings = {
  readonly set: Record<string, string>
  readonly costs: Record<string, number>
  readonly machine: Record<string, number>
}

/** Splits `--set` into parameters of the scenario and costs. */
export function settingsOf(settings: readonly string[]): Settings {
  const set = new Map<string, string>()
  const costs = new Map<string, number>()
  const machine = new Map<string, number>()
  for (const setting of settings) {
    const at = setting.indexOf('=')
    if (at < 1) {
      throw new FaultlineError('BAD_SETTING', 'usage', `--set is '${setting}', which is not name=value`, {
        hint: 'Write --set range=512.',
      })
    }
    const name = setting.slice(0, at)
    const value = setting.slice(at + 1)
    if (name.startsWith('cost.')) costs.set(name.slice(5), costOf(name.slice(5), value))
    else if (name.startsWith('machine.')) machine.set(name.slice(8), numberOf(name, value))
    else set.set(name, value)
  }
  return { set: Object.fromEntries(set), costs: Object.fromEntries(costs), machine: Object.fromEntries(machine) }
}

function numberOf(name: string, text: string): number {
  const value = text.trim() === '' ? Number.NaN : Number(text)
  if (Number.isFinite(value)) return value
  throw new FaultlineError('BAD_NUMBER', 'usage', `${name} is '${text}', which is not a number`, {
    hint: `Write --set ${name}=50.`,
  })
}

function costOf(name: string, value: string): number {
  const known = [...WORK, ...BROADCAST].map((cost) => cost.name as string)
  if (!known.includes(name)) {
    throw new FaultlineError('UNKNOWN_COST', 'usage', `there is no cost '${name}'`, {
      hint: `The costs are ${known.join(', ')}.`,
    })
  }
  return integer(`set cost.${name}`, value, 0, 1_000_000_000)
}
