import type { Argv } from 'yargs'
import { validateOnHost } from '../bench/host-validation.ts'
import { HELD_OUT, TARGETS } from '../bench/targets.ts'
import { type Validated, validate as validateAll } from '../bench/validation.ts'
import { loadProfile } from '../model/profile.ts'
import { BROADCAST, WORK } from '../protocols/costs.ts'
import { hostValidationText } from '../report/host-validation-text.ts'
import { columns, compact, share } from '../report/numbers.ts'
import { calibrateHost } from './calibrate.ts'
import type { Command } from './command.ts'
import { checkOutput, save } from './files/output.ts'
import { EXIT, type ExitCode, type Io } from './io.ts'
import { HOST_PROFILE } from './machines.ts'
import { Progress } from './progress.ts'

type Args = { readonly json: boolean; readonly host: boolean }

export const validate: Command<Args> = {
  name: 'validate',
  usage: 'validate',
  summary: 'Hold the modelled machines against the published figures that they were fitted on, or against this host.',
  flags: (yargs) =>
    yargs.option('json', { type: 'boolean', default: false, describe: 'as JSON' }).option('host', {
      type: 'boolean',
      default: false,
      describe: 'calibrate this host, and hold its model against its threads',
    }) as unknown as Argv<Args>,

  async run({ json, host }, io) {
    if (host) return await onHost(json, io)
    const all = await validateAll(TARGETS, io.signal)
    const others = await validateAll(HELD_OUT, io.signal)
    if (json) {
      io.out(JSON.stringify([...all, ...others.map((each) => ({ ...each, isHeldOut: true }))], null, 1))
    } else {
      const count = (rows: readonly Validated[]) =>
        `${rows.filter(({ isWithin }) => isWithin).length} of ${rows.length}`
      io.out(`fitted on:\n${table(all)}\n\n${fitted()}\n\nheld out:\n${table(others)}\n`)
      io.out(
        `${count(all)} fitted figures within their tolerance, ${count(others)} of those held out; profiles as they are, nothing tuned in between.`,
      )
    }
    return all.every(({ isWithin }) => isWithin) ? EXIT.fine : EXIT.regression
  },
}

/** Says how far the two machines agree; that they do not is a finding, and no failure. */
async function onHost(json: boolean, io: Io): Promise<ExitCode> {
  const output = { path: HOST_PROFILE, kind: 'profile' } as const
  checkOutput(output)
  const { profile } = await calibrateHost(io)
  save(output, profile)
  io.keeps(`The calibration is in ${HOST_PROFILE}; what was measured against it is not kept.`)
  const progress = new Progress(io, !json)
  const found = await validateOnHost(loadProfile(`./${HOST_PROFILE}`), io.runtime, io.signal, (...trial) =>
    progress.show(...trial),
  )
  progress.clear()
  if (io.signal.aborted) return EXIT.interrupted
  io.out(json ? JSON.stringify(found, null, 1) : hostValidationText(found))
  return EXIT.fine
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
  return columns([header, ...rows])
}

/** The parameters that were fitted on the rows above: those of a machine, and the costs that all machines share. */
function fitted(): string {
  const shared = [...WORK, ...BROADCAST].filter(({ source }) => /\bfitted\b/.test(source))
  const ofAll = `fitted, all machines: ${shared.map(({ name, ns }) => `cost.${name}_ns ${ns}`).join(', ')}`
  const machines = [...new Set(TARGETS.map(({ machine }) => machine))]
  const each = machines.map((machine) => {
    const { parameters } = loadProfile(machine)
    const own = Object.entries(parameters).filter(([, parameter]) => parameter.class === 'F')
    return `fitted, ${machine}: ${own.map(([name, { value }]) => `${name} ${value}`).join(', ') || 'nothing'}`
  })
  return [ofAll, ...each].join('\n')
}

const figure = (value: number, unit: string) =>
  unit === 's' ? `${compact(value * 1000)} ms` : `${compact(value)} ${unit}`
