/// HTTP and WebSocket by hand: bytes as written in a test go to a port, what comes back is told as it is.
/// Nothing here mends, retries or follows anything.
@NullMarked
package dev.greenroom.e2e.wire;

import org.jspecify.annotations.NullMarked;
