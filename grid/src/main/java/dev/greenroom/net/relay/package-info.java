/// Connections to a peer, and the relay between two connections. [Dialer] connects and upgrades;
/// [RelayStarter] joins the client's connection with the peer's. From then on only event loops move bytes,
/// both channels of a session on the same loop.
///
/// Backpressure: what is read from one channel is written to the other at once and flushed when the read
/// completes. A channel is read only while its peer is writable. A peer that stays unwritable too long ends
/// the session.
///
/// Payloads are never inspected, except for close frames.
@NullMarked
package dev.greenroom.net.relay;

import org.jspecify.annotations.NullMarked;
