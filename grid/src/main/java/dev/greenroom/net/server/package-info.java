/// The listening port: accepts connections, reads one request head from each, and serves it on a virtual
/// thread of its own. Limits on connections, descriptors and direct memory are enforced here. Nothing
/// blocks an event loop.
@NullMarked
package dev.greenroom.net.server;

import org.jspecify.annotations.NullMarked;
