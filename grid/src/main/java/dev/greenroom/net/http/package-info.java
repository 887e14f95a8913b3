/// HTTP/1.1 request and response heads: a strict parser, the upgrade request of a WebSocket, and plain
/// responses.
@NullMarked
package dev.greenroom.net.http;

import org.jspecify.annotations.NullMarked;
