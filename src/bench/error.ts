export { type ErrorKind, FaultlineError } from '../errors/faultline-error.ts'
