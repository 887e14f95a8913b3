/// Bytes: request heads, upgrades, frame headers and the relay, for proxy and worker alike. The only pipeline code.
///
/// What comes in is a socket; what goes out is a [InboundConnection] with a strictly read head, handed to a virtual
/// thread of its own. That thread answers it, or dials a peer with [Dialer] and joins both with [Relay]. From then on
/// only event loops move bytes, both channels of a session on the same one.
///
/// Backpressure in three sentences: what is read from one channel is written to the other at once and flushed when the
/// read completes. A channel is read only while its peer is writable. A peer that stays unwritable too long ends the
/// session.
///
/// What never happens here: a decision about who may have a session, a call that blocks an event loop, a look into a
/// payload other than that of a close frame.
@NullMarked
package dev.greenroom.wire;

import org.jspecify.annotations.NullMarked;
