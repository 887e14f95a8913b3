/// All requests on the public port that are not sessions: health, metrics, the state of the grid as JSON,
/// the dashboard.
///
/// Each request runs on its own virtual thread. The state of the grid is a snapshot that is refreshed
/// every second, so a registry that does not answer makes a response outdated, but not slow. No response
/// contains the secret path of a worker. Requests that change something pass the
/// [dev.greenroom.proxy.access] policy first.
@NullMarked
package dev.greenroom.ops.http;

import org.jspecify.annotations.NullMarked;
