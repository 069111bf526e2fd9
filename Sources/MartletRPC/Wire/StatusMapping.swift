internal import MartletHTTP2

/// How HTTP and HTTP/2 outcomes become gRPC's on the client's side, where the server sent no
/// status.
enum StatusMapping {
  static func code(httpStatus: Int) -> StatusCode {
    switch httpStatus {
    case 400: .internalError
    case 401: .unauthenticated
    case 403: .permissionDenied
    case 404: .unimplemented
    case 429, 502, 503, 504: .unavailable
    default: .unknown
    }
  }

  static func code(reset: HTTP2ErrorCode) -> StatusCode {
    switch reset {
    case .refusedStream: .unavailable
    case .cancel: .cancelled
    case .enhanceYourCalm: .resourceExhausted
    case .inadequateSecurity: .permissionDenied
    default: .internalError
    }
  }
}
