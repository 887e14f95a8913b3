/// Everything on the public port that is not a session: health, metrics, the grid's state as JSON, the dashboard.
///
/// Request heads come in, each on a virtual thread of its own; answers go out. The workers are known through a snapshot
/// that is renewed every second, so that a registry that does not answer makes an answer older, never late.
///
/// What changes something (a session that is ended, a worker that is drained, the level of the log) passes a guard
/// first. What never happens here: an answer that names the secret path of a worker, an answer that waits for the
/// registry longer than the registry's own deadline.
@NullMarked
package dev.greenroom.ops.http;

import org.jspecify.annotations.NullMarked;
