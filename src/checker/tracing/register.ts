import { register } from 'node:module'
import { expectUsersCode } from './made-in-module.ts'

// `node --import faultline/checker/trace FILE`: the modules of FILE are traced, so that what its actors keep to themselves is seen.
register(new URL('hooks.js', import.meta.url), { data: { all: true } })
expectUsersCode()
