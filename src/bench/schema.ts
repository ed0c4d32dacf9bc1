import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import type { ValidateFunction } from 'ajv/dist/2020.js'
import { FaultlineError } from '../errors/faultline-error.ts'
import { inheritedName } from './inherited.ts'
import { type Result, SCHEMA, VERSION } from './result.ts'

const PATH = new URL('../../results/faultline.result.schema.json', import.meta.url)

const require = createRequire(import.meta.url)

let compiled: ValidateFunction<Result> | undefined

/** Loaded and compiled on demand: doing both at every start took a fifth of the startup time. */
function schema(): ValidateFunction<Result> {
  compiled ??= newSchema()
  return compiled
}

function newSchema(): ValidateFunction<Result> {
  const { Ajv2020 } = require('ajv/dist/2020.js') as typeof import('ajv/dist/2020.js')
  return new Ajv2020({ allowUnionTypes: true }).compile<Result>(JSON.parse(readFileSync(PATH, 'utf8')))
}

/** Checks a result against the published schema; unknown fields are ignored. */
export function validate(value: unknown, name = 'the result'): Result {
  const header = value as { schema?: unknown; version?: unknown } | null
  if (typeof header !== 'object' || header === null || header.schema !== SCHEMA) {
    throw new FaultlineError('NOT_A_RESULT', 'usage', `${name} is not a result of faultline`, {
      hint: `Its first field should be "schema": "${SCHEMA}", as \`faultline bench\` writes it.`,
    })
  }
  if (typeof header.version === 'number' && header.version > VERSION) {
    throw new FaultlineError(
      'NEWER_RESULT',
      'usage',
      `${name} has version ${header.version}, this program reads up to ${VERSION}`,
      {
        hint: 'Read it with the faultline that wrote it, or a newer one.',
      },
    )
  }
  const isResult = schema()
  const inherited = inheritedName(value)
  if (inherited === undefined && isResult(value)) return value
  const first =
    inherited === undefined ? isResult.errors?.[0] : { instancePath: '', message: `calls something '${inherited}'` }
  throw new FaultlineError(
    'DAMAGED_RESULT',
    'usage',
    `${name} is damaged: ${first?.instancePath || 'it'} ${first?.message}`,
    {
      hint: 'Run the benchmark again.',
    },
  )
}
