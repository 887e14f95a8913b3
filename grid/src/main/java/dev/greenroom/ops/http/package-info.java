/// Everything on the public port that is not a session: health, metrics, the state of the grid as JSON, the
/// dashboard.
///
/// Request heads come in, each on its own virtual thread; responses go out. The state of the grid is a
/// snapshot that is renewed every second, so a registry that does not answer makes a response older, never
/// late. No response contains the secret path of a worker. Requests that change something pass the
/// [dev.greenroom.proxy.access] policy first.
@NullMarked
package dev.greenroom.ops.http;

import org.jspecify.annotations.NullMarked;
