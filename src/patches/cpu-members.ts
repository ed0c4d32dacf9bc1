import { readFileSync } from 'node:fs'
import { basename } from 'node:path'
import { parsed, refuseIfAny } from './house-rules.ts'
import { checkMembers } from './rules/members.ts'
import { type Problem, problemAt } from './rules/problem.ts'
import { cpuMembers } from './step-names.ts'
import { stripTypes } from './strip-types.ts'

/** Refuses a file of locks that uses an unknown member of `cpu`; names its place and the nearest known name. */
export async function checkCpuMembers(file: string): Promise<void> {
  const name = basename(file)
  const text = readFileSync(file, 'utf8')
  const code = /\.[cm]?ts$/.test(name) ? await stripTypes(text, name) : text
  const cpu = Object.fromEntries(cpuMembers().map((member) => [member, undefined]))
  const problems: Problem[] = []
  const stands = { names: new Map([['cpu', [cpu]]]), words: { of: undefined, give: [] } }
  checkMembers(parsed(code, name), stands, (node, says) => void problems.push(problemAt(node, says)))
  refuseIfAny(problems, name)
}
