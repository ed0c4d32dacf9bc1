import { resolve } from 'node:path'
import { type ClauseAnswer, checkClause, loadLocks } from '../checker/check-lock.ts'
import { Refused } from '../checker/refused.ts'
import { FaultlineError } from '../errors/faultline-error.ts'
import { secondsFor } from './check-budget.ts'
import { foundAt, foundJson, saveFound } from './check-file.ts'
import { type CheckArgs, limitsOf } from './check-flags.ts'
import { EXIT, type ExitCode, type Io } from './io.ts'
import { fitted } from './terminal.ts'

/** Holds the locks of a file to the contract of locks: each clause is explored. Exit code 1: one is violated, or not known. */
export async function checkLock(file: string | undefined, args: CheckArgs, io: Io): Promise<ExitCode> {
  if (file === undefined) {
    throw new FaultlineError('LOCK_OF_WHAT', 'usage', 'no file is named', { hint: 'Write: faultline check lock FILE.' })
  }
  try {
    return await check(file, args, io)
  } catch (error) {
    if (!(error instanceof Refused)) throw error
    throw new FaultlineError('LOCK_REFUSED', 'usage', error.says, { hint: error.hint, cause: error })
  }
}

async function check(file: string, args: CheckArgs, given: Io): Promise<ExitCode> {
  const { json, quiet } = args
  const io = json ? given : fitted(given)
  const output = foundAt(args)
  const bound = limitsOf(args)
  const answers: (ClauseAnswer & { readonly lock: string })[] = []
  for (const { name, kind, clauses } of await loadLocks(resolve(file))) {
    let isKept = true
    if (!json) io.out(`${name}, a ${kind}, with --memory ${bound.memory}:`)
    for (const clause of clauses) {
      if (io.signal.aborted) return EXIT.interrupted
      // Starvation is checked only for a lock that excludes.
      if (clause.isNote && !isKept) continue
      const answered = checkClause(clause, { ...bound, seconds: secondsFor(args, io) })
      answers.push({ lock: name, ...answered })
      isKept &&= answered.answer.verdict === 'PASS'
      if (!json) io.out(quiet ? lineOf(answered) : clauseText(answered))
    }
  }
  const found = answers.map(({ lock, clause, answer }) => ({
    lock,
    says: clause.says,
    isNote: clause.isNote === true,
    ...answer,
  }))
  if (json) io.out(foundJson({ found }))
  saveFound(output, { kind: 'lock', isComplete: true, found }, io)
  const must = answers.filter(({ clause }) => !clause.isNote)
  return must.every(({ answer }) => answer.verdict === 'PASS') ? EXIT.fine : EXIT.regression
}

const lineOf = ({ clause, answer: { verdict, counts } }: ClauseAnswer): string =>
  clause.isNote ? `note: ${clause.says}: ${NOTES[verdict]}` : `${verdict} ${clause.says}; ${counts.states} states`

function clauseText(answered: ClauseAnswer): string {
  const { clause, answer } = answered
  const { verdict, because, findings, witness } = answer
  const line = lineOf(answered)
  if (clause.isNote || verdict === 'PASS') return line
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
