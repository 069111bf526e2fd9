// Who writes a worker makes a client for it, and handles the contract's own types.
@_exported public import MartletClient
