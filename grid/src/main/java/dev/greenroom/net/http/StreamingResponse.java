package dev.greenroom.net.http;

import io.netty.buffer.ByteBufUtil;
import io.netty.channel.Channel;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicBoolean;

/// An answer whose body has no end yet. Its methods may be called on any thread and never wait: what a
/// client does not read in time is left out, a whole piece at a time.
public final class StreamingResponse {
    private final Channel channel;

    /// Whether a piece is on its way to the event loop. While that is busy, pieces would pile up there
    /// uncounted.
    private final AtomicBoolean underWay = new AtomicBoolean();

    private volatile long stalledSinceNanos;
    private volatile boolean stalled;

    public StreamingResponse(Channel channel) {
        this.channel = channel;
    }

    /// Sends one more piece, unless the client has not read enough of what was sent before, or that is not
    /// written yet.
    ///
    /// @param piece sent in UTF-8
    public void send(String piece) {
        if (!channel.isWritable() || !underWay.compareAndSet(false, true)) {
            if (!stalled) {
                stalledSinceNanos = System.nanoTime();
                stalled = true;
            }
            return;
        }
        stalled = false;
        channel.eventLoop().execute(() -> {
            underWay.set(false);
            if (channel.isActive()) {
                channel.writeAndFlush(ByteBufUtil.writeUtf8(channel.alloc(), piece), channel.voidPromise());
            }
        });
    }

    /// How long pieces have been left out; zero while the client reads.
    public Duration stalledFor() {
        return stalled ? Duration.ofNanos(System.nanoTime() - stalledSinceNanos) : Duration.ZERO;
    }

    /// Whether the client is still there.
    public boolean isOpen() {
        return channel.isActive();
    }

    /// Ends the answer; what was sent and not read is lost.
    public void close() {
        channel.close();
    }
}
