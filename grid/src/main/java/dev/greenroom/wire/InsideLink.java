package dev.greenroom.wire;

import dev.greenroom.session.Ending;
import dev.greenroom.session.Ending.Cause;
import io.netty.channel.Channel;
import org.jspecify.annotations.Nullable;

/// What a worker holds of a session that is relayed by a proxy of its own process: it may end it, and waits for its
/// end. Its state belongs to the session's event loop.
final class InsideLink implements Relaying {
    private final Channel peer;
    private final RelayEnd end;
    private @Nullable Relay relay;
    private @Nullable Ending wanted;

    InsideLink(Channel peer) {
        this.peer = peer;
        this.end = new RelayEnd(peer.eventLoop());
        // After its handlers have heard of it: a relay knows better how it ended.
        peer.closeFuture()
                .addListener(_ ->
                        peer.eventLoop().execute(() -> over(new Relayed(Ending.of(Cause.CLIENT_LOST), Traffic.NONE))));
    }

    /// It is relayed from now on. On the loop.
    void relayedBy(Relay by) {
        assert peer.eventLoop().inEventLoop();
        relay = by;
        if (wanted != null) {
            by.endedByWorker(wanted);
        }
    }

    /// That is over. On the loop.
    void over(Relayed relayed) {
        assert peer.eventLoop().inEventLoop();
        if (!end.isOver()) {
            end.over(relayed);
        }
    }

    @Override
    public void end(Ending why) {
        peer.eventLoop().execute(() -> {
            if (relay != null) {
                relay.endedByWorker(why);
            } else if (wanted == null) {
                wanted = why;
            }
        });
    }

    @Override
    public Relayed await() throws InterruptedException {
        return end.await(() -> end(Ending.of(Cause.CLIENT_LOST)));
    }
}
