import { validateOnHost } from '../bench/host-validation.ts'
import { freeParameters, TARGETS } from '../bench/targets/rows.ts'
import { validate as validateAll } from '../bench/validation.ts'
import { loadProfile } from '../model/profile.ts'
import { fit } from '../report/fit.ts'
import { hostValidationText } from '../report/host-validation-text.ts'
import { validationText } from '../report/validation-text.ts'
import { calibrateHost } from './calibrate.ts'
import type { Command } from './command.ts'
import { checkOutput, save } from './files/output.ts'
import { integer } from './flags.ts'
import { EXIT, type ExitCode, type Io } from './io.ts'
import { HOST_PROFILE, MOST_DRAWS } from './machines.ts'
import { Progress } from './progress.ts'
import type { ValidateArgs } from './validate-flags.ts'

export const validate: Command<ValidateArgs> = async ({ json, host, draws }, io) => {
  if (host) return await onHost(json, io)
  const all = await validateAll(TARGETS, integer('draws', draws, 0, MOST_DRAWS), io.signal)
  io.out(json ? JSON.stringify(all, null, 1) : validationText(all, freeParameters(saysItself), io.columns))
  return all.every(({ target, isWithin }) => isWithin || target.basis.kind === 'held out') ? EXIT.fine : EXIT.regression
}

const saysItself = (machine: string, name: string) => loadProfile(machine).parameters[name] !== undefined

/** Says how far the two machines agree; that they do not is a finding, and no failure. */
async function onHost(json: boolean, io: Io): Promise<ExitCode> {
  const output = { path: HOST_PROFILE, kind: 'profile' } as const
  checkOutput(output)
  const { profile } = await calibrateHost(io)
  save(output, profile)
  io.keeps(`The calibration is in ${HOST_PROFILE}; the measurements of this comparison are not kept.`)
  const progress = new Progress(io, !json)
  const found = await validateOnHost(loadProfile(`./${HOST_PROFILE}`), io.runtime, io.signal, (...trial) =>
    progress.show(...trial),
  )
  progress.clear()
  if (io.signal.aborted) return EXIT.interrupted
  io.out(json ? JSON.stringify(found, null, 1) : fit(hostValidationText(found), io.columns))
  return EXIT.fine
}
