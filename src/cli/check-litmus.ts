import { readFileSync } from 'node:fs'
import { litmusText } from '../checker/litmus/litmus-text.ts'
import { observe } from '../checker/litmus/observe.ts'
import { parseLitmus } from '../checker/litmus/parse.ts'
import { MEMORY_MODELS, type MemoryModel } from '../checker/memory/model.ts'
import { FaultlineError } from '../errors/faultline-error.ts'
import { EXIT, type ExitCode, type Io } from './io.ts'

export const isLitmusFile = (name: string | undefined): name is string => name?.endsWith('.litmus') === true

/** Explores a litmus test with each memory model, or with the requested one. Exit code 1: the claim of the test does not hold. */
export function checkLitmus(
  file: string,
  { memory, json }: { readonly memory: MemoryModel | undefined; readonly json: boolean },
  io: Io,
): ExitCode {
  const test = parseLitmus(textOf(file), file)
  const observed = (memory === undefined ? MEMORY_MODELS : [memory]).map((model) => observe(test, model))
  io.out(
    json
      ? JSON.stringify({ name: test.name, asks: `${test.quantifier} ${test.asks}`, observed }, null, 1)
      : litmusText(test, observed),
  )
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
