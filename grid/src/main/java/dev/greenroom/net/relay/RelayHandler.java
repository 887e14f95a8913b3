package dev.greenroom.net.relay;

import dev.greenroom.net.server.DirectMemory;
import dev.greenroom.net.server.DirectMemory.DirectMemoryPressure;
import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import java.io.IOException;
import java.time.Duration;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/// One side of a relay: writes to the other side, unchanged, what it reads. Belongs to the session's
/// event loop.
final class RelayHandler extends ChannelInboundHandlerAdapter {
    private static final long CONTROL_GRANT_NANOS = Duration.ofSeconds(1).toNanos() / FrameTracker.CONTROLS_PER_SECOND;

    private final Relay relay;
    private final Channel channel;
    private final FrameTracker tracker;
    private final boolean client;
    private final LongSupplier nanoTime;
    private @Nullable RelayHandler peer;
    private DirectMemoryPressure pressure = DirectMemoryPressure.NORMAL;

    private long bytes;
    private long lastReadNanos;
    private long dataReads;
    private long grantedNanos;
    private @Nullable Runnable longLifeTuning;
    private boolean pinged;
    private long pingedNanos;
    private long unwritableSinceNanos;

    /// @param extended whether an extension was negotiated
    RelayHandler(Relay relay, Channel channel, boolean client, boolean extended, LongSupplier nanoTime) {
        this.relay = relay;
        this.channel = channel;
        this.client = client;
        this.tracker = new FrameTracker(client, extended);
        this.nanoTime = nanoTime;
        this.lastReadNanos = nanoTime.getAsLong();
        this.grantedNanos = lastReadNanos;
    }

    void join(RelayHandler other) {
        peer = other;
    }

    /// @param then runs at the first periodic check
    void afterFirstCheck(Runnable then) {
        longLifeTuning = then;
    }

    void tuneForLongLife() {
        if (longLifeTuning != null) {
            longLifeTuning.run();
            longLifeTuning = null;
        }
    }

    @Override
    public void channelRead(ChannelHandlerContext ctx, Object message) {
        var data = (ByteBuf) message;
        var to = peer;
        if (to == null || !to.channel.isActive()) {
            data.release();
            return;
        }
        // The receive allocator has just measured it for this read.
        to.adaptTo(DirectMemory.ofProcess().lastPressure());
        var hadClosed = tracker.close().isPresent();
        bytes += data.readableBytes();
        tracker.track(data);
        if (tracker.violation().isPresent() || hadClosed) {
            data.release();
            relay.violated();
            return;
        }
        if (tracker.close().filter(close -> relay.isMisleading(this, close)).isPresent() && tracker.cancelClose(data)) {
            to.channel.write(data, to.channel.voidPromise());
            relay.closedWithoutCloseFrame();
            return;
        }
        var close = tracker.close();
        if (close.isPresent() && relay.isKept(this) && tracker.cancelClose(data)) {
            to.channel.write(data, to.channel.voidPromise());
            relay.closedForItself(close.get());
            return;
        }
        to.channel.write(data, to.channel.voidPromise());
        if (close.isPresent()) {
            relay.closing(this);
        }
    }

    @Override
    public void channelReadComplete(ChannelHandlerContext ctx) {
        lastReadNanos = nanoTime.getAsLong();
        pinged = false;
        allowControlFrames();
        if (client && tracker.dataReads() != dataReads) {
            dataReads = tracker.dataReads();
            relay.called(lastReadNanos);
        }
        if (peer != null) {
            peer.channel.flush();
            readWhile(peer.channel.isWritable());
        }
        relay.readComplete();
    }

    /// Checks first: a change is rare, and setting the option costs an atomic operation.
    private void readWhile(boolean wanted) {
        var config = channel.config();
        if (config.isAutoRead() != wanted) {
            config.setAutoRead(wanted);
        }
    }

    /// Adapts the write buffer limits of this side to the pressure on direct memory.
    private void adaptTo(DirectMemoryPressure current) {
        if (current != pressure) {
            pressure = current;
            channel.config().setWriteBufferWaterMark(current.waterMark());
        }
    }

    private void allowControlFrames() {
        var grants = (lastReadNanos - grantedNanos) / CONTROL_GRANT_NANOS;
        if (grants > 0) {
            tracker.allowControlFrames((int) Math.min(grants, FrameTracker.CONTROL_BURST));
            grantedNanos = lastReadNanos;
        }
    }

    @Override
    public void channelWritabilityChanged(ChannelHandlerContext ctx) {
        if (!channel.isWritable()) {
            unwritableSinceNanos = nanoTime.getAsLong();
        }
        if (peer != null) {
            peer.channel.config().setAutoRead(channel.isWritable());
        }
    }

    @Override
    public void channelInactive(ChannelHandlerContext ctx) {
        relay.lost(this);
        ctx.fireChannelInactive();
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
        if (cause instanceof IOException || cause.getCause() instanceof IOException) {
            ctx.fireExceptionCaught(cause);
        } else {
            relay.failed(cause);
        }
    }

    /// Pings a silent peer, if a frame may be inserted now.
    void pingAfter(long silenceNanos, long nowNanos) {
        if (!pinged && nowNanos - lastReadNanos >= silenceNanos && mayInject()) {
            channel.writeAndFlush(ControlFrames.ping(channel.alloc(), !client), channel.voidPromise());
            pinged = true;
            pingedNanos = nowNanos;
        }
    }

    boolean timedOut(long silenceNanos, long answerNanos, long nowNanos) {
        return pinged && nowNanos - lastReadNanos >= silenceNanos && nowNanos - pingedNanos >= answerNanos;
    }

    boolean stalled(long stallNanos, long nowNanos) {
        return channel.isActive() && !channel.isWritable() && nowNanos - unwritableSinceNanos >= stallNanos;
    }

    /// Whether the stream to this channel is between two frames and still open.
    boolean mayInject() {
        return peer != null && peer.tracker.atBoundary() && peer.tracker.close().isEmpty();
    }

    RelayHandler peer() {
        if (peer == null) {
            throw new IllegalStateException("both sides are joined before they are used");
        }
        return peer;
    }

    Channel channel() {
        return channel;
    }

    boolean isClient() {
        return client;
    }

    FrameTracker tracker() {
        return tracker;
    }

    long bytes() {
        return bytes;
    }
}
