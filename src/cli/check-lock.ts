import { resolve } from 'node:path'
import { type ClauseAnswer, checkClause, loadLocks } from '../checker/check-lock.ts'
import type { Limits } from '../checker/limits.ts'
import { Refused } from '../checker/refused.ts'
import { FaultlineError } from '../errors/faultline-error.ts'
import { EXIT, type ExitCode, type Io } from './io.ts'

/** Holds the locks of a file to the contract of locks: each clause is explored. Exit code 1: one is violated, or not known. */
export async function checkLock(
  file: string | undefined,
  bound: Partial<Limits>,
  { json }: { readonly json: boolean },
  io: Io,
): Promise<ExitCode> {
  if (file === undefined) {
    throw new FaultlineError('LOCK_OF_WHAT', 'usage', 'no file is named', { hint: 'Write: faultline check lock FILE.' })
  }
  try {
    return await check(file, bound, json, io)
  } catch (error) {
    if (!(error instanceof Refused)) throw error
    throw new FaultlineError('LOCK_REFUSED', 'usage', error.says, { hint: error.hint, cause: error })
  }
}

async function check(file: string, bound: Partial<Limits>, json: boolean, io: Io): Promise<ExitCode> {
  const answers: (ClauseAnswer & { readonly lock: string })[] = []
  for (const { name, kind, clauses } of await loadLocks(resolve(file))) {
    let isKept = true
    if (!json) io.out(`${name}, a ${kind}, with --memory ${bound.memory ?? 'sc'}:`)
    for (const clause of clauses) {
      if (io.signal.aborted) return EXIT.interrupted
      // Starvation is checked only for a lock that excludes.
      if (clause.isNote && !isKept) continue
      const answered = checkClause(clause, bound)
      answers.push({ lock: name, ...answered })
      isKept &&= answered.answer.verdict === 'PASS'
      if (!json) io.out(clauseText(answered))
    }
  }
  if (json)
    io.out(
      JSON.stringify(
        answers.map(({ lock, clause, answer }) => ({
          lock,
          says: clause.says,
          isNote: clause.isNote === true,
          ...answer,
        })),
        null,
        1,
      ),
    )
  const must = answers.filter(({ clause }) => !clause.isNote)
  return must.every(({ answer }) => answer.verdict === 'PASS') ? EXIT.fine : EXIT.regression
}

function clauseText({ clause, answer }: ClauseAnswer): string {
  const { verdict, because, findings, witness, counts } = answer
  if (clause.isNote) return `note: ${clause.says}: ${NOTES[verdict]}`
  const line = `${verdict} ${clause.says}; ${counts.states} states`
  if (verdict === 'PASS') return line
  const found = findings.map(({ name, says }) => `  ${name}: ${name === 'violation' ? clause.violated : says}`)
  return [
    line,
    ...(because === null ? [] : [`  ${because}`]),
    ...found,
    ...(witness === null ? [] : ['', indent(witness), '']),
  ].join('\n')
}

const NOTES = {
  PASS: 'yes, if the scheduler is strongly fair',
  FAIL: 'no, it can starve even if the scheduler is strongly fair',
  UNKNOWN: 'not known, the states have no end within the bounds',
} as const

const indent = (text: string) => text.replace(/^(?=.)/gm, '  ')
