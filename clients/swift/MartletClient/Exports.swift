// Who uses the client handles the contract's own types (`API.Task`, `API.Pool`, …) and the codes of
// gRPC (`StatusCode`): one import gives all of them.
@_exported public import MartletAPI
@_exported public import MartletRPC
