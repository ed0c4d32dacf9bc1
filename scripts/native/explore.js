// explore.js FILE NAME: explores a lock of examples/check-a-lock/locks, and says in JSON what that took.
import { explore } from '../../dist/checker/index.js'

const [file, name] = process.argv.slice(2)
const module = new URL(`../../examples/check-a-lock/locks/${file}.js`, import.meta.url)
const { verdict, counts } = await explore({ module, name })
const { states, steps } = counts
console.log(JSON.stringify({ verdict, states, steps, mb: process.resourceUsage().maxRSS / 1024 }))
