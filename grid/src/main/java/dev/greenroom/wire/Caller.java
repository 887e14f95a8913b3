package dev.greenroom.wire;

import io.netty.channel.EventLoop;
import java.util.List;

/// Who asks for a session and waits for the answer: at the other end of a connection, or in this process. Its methods
/// may be called on any thread.
public sealed interface Caller permits InboundConnection, InsideCall {
    /// What it asks.
    RequestHead head();

    /// The loop on which its peer must be dialled.
    EventLoop eventLoop();

    /// Answers. The first answer counts; later ones are passed over.
    void answer(Answer answer);

    /// Tells it that its answer is being prepared, so that it can tell us from a peer that is frozen.
    void preparing();

    /// Answers 101 and moves bytes between it and a peer from now on; the peer's connection belongs to that afterwards.
    /// Where the peer has hung up meanwhile the answer is 503.
    ///
    /// @param relays do it, unless the caller does it itself
    /// @param peer lives on the caller's event loop
    /// @param headers of the 101, beyond those of the handshake; values without control characters
    Relaying join(Relays relays, OutboundConnection peer, List<Header> headers);
}
