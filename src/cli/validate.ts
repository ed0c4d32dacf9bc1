import type { Argv } from 'yargs'
import { type Validated, validate as validateAll } from '../bench/validation.ts'
import { columns, compact, share } from '../report/numbers.ts'
import type { Command } from './command.ts'
import { EXIT } from './io.ts'

type Args = { readonly json: boolean }

export const validate: Command<Args> = {
  name: 'validate',
  usage: 'validate',
  summary: 'Hold the modelled machines against the published figures that they were fitted on.',
  flags: (yargs) =>
    yargs.option('json', { type: 'boolean', default: false, describe: 'as JSON' }) as unknown as Argv<Args>,

  async run({ json }, io) {
    const all = await validateAll(() => {}, io.signal)
    io.out(json ? JSON.stringify(all, null, 1) : table(all))
    return all.every(({ isWithin }) => isWithin) ? EXIT.fine : EXIT.regression
  },
}

function table(all: readonly Validated[]): string {
  const header = ['', 'published', 'modelled', 'error', 'allowed', '', 'machine', 'profile', 'source']
  const rows = all.map(({ target, modelled, error, isWithin, profileHash }) => [
    `${target.id} ${target.says}`,
    figure(target.published, target.unit),
    figure(modelled, target.unit),
    `${error >= 0 ? '+' : '-'}${share(Math.abs(error))}`,
    share(target.tolerance),
    isWithin ? 'ok' : 'OUTSIDE',
    target.machine,
    profileHash,
    target.source,
  ])
  const within = all.filter(({ isWithin }) => isWithin).length
  return `${columns([header, ...rows])}\n\n${within} of ${all.length} figures within their tolerance; profiles as they are, nothing tuned in between.`
}

const figure = (value: number, unit: string) =>
  unit === 's' ? `${compact(value * 1000)} ms` : `${compact(value)} ${unit}`
