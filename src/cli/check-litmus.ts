import { readFileSync } from 'node:fs'
import { litmusText, observationText } from '../checker/litmus/litmus-text.ts'
import { observe } from '../checker/litmus/observe.ts'
import { parseLitmus } from '../checker/litmus/parse.ts'
import { MEMORY_MODELS } from '../checker/memory/model.ts'
import { FaultlineError } from '../errors/faultline-error.ts'
import { fit } from '../report/fit.ts'
import { foundAt, foundJson, saveFound } from './check-file.ts'
import type { CheckArgs } from './check-flags.ts'
import { EXIT, type ExitCode, type Io } from './io.ts'

export const isLitmusFile = (name: string | undefined): name is string => name?.endsWith('.litmus') === true

/** Explores a litmus test with each memory model, or with the requested one. Exit code 1: the claim of the test does not hold. */
export function checkLitmus(file: string, args: CheckArgs, io: Io): ExitCode {
  const { memory, json, quiet } = args
  const test = parseLitmus(textOf(file), file)
  const output = foundAt(args)
  const observed = (memory === undefined ? MEMORY_MODELS : [memory]).map((model) => observe(test, model))
  const found = { name: test.name, asks: `${test.quantifier} ${test.asks}`, observed }
  const text = quiet ? observationText : litmusText
  io.out(json ? foundJson({ found }) : fit(text(test, observed), io.columns))
  saveFound(output, { kind: 'litmus', isComplete: true, found }, io)
  // `exists` asks whether something happens; `~exists` and `forall` claim something.
  return test.quantifier === 'exists' || observed.every(({ isOk }) => isOk) ? EXIT.fine : EXIT.regression
}

function textOf(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException
    const why = code === 'ENOENT' ? 'there is no such file' : code === 'EISDIR' ? 'it is a folder' : `${code}`
    throw new FaultlineError('NO_FILE', 'usage', `${file} cannot be read: ${why}`, {
      hint: 'Paths are from the current folder.',
      cause,
    })
  }
}
