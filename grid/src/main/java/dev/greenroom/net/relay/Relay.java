package dev.greenroom.net.relay;

import dev.greenroom.net.relay.RelayStarter.RelayTotals;
import dev.greenroom.config.settings.ProxySections.RelaySettings;
import dev.greenroom.net.http.HttpHeader;
import dev.greenroom.net.relay.RelayStarter.UpstreamKind;
import dev.greenroom.net.server.InboundConnection;
import dev.greenroom.net.server.ConnectionPipeline;
import dev.greenroom.net.server.RefusalResponses;
import dev.greenroom.session.Refusal;
import dev.greenroom.session.Refusal.NoSlotReason;
import dev.greenroom.session.SessionEnding;
import dev.greenroom.session.SessionEnding.Cause;
import dev.greenroom.session.SessionId;
import io.netty.buffer.ByteBufUtil;
import io.netty.channel.Channel;
import io.netty.channel.EventLoop;
import io.netty.util.concurrent.ScheduledFuture;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Moves the bytes of one session until it ends. All state belongs to the session's event loop; what is
/// public may be called on any thread.
public final class Relay {
    private static final Logger LOG = LoggerFactory.getLogger(Relay.class);
    private static final long CLOSE_HANDSHAKE_SECONDS = 5;
    private static final int CHECKS_PER_INTERVAL = 4;
    private static final long LONGEST_CHECK_MILLIS = 5_000;

    /// How long our close frame waits for the end of the frame that is under way.
    private static final long FRAME_END_MILLIS = 1_000;

    private final EventLoop loop;
    private final RelaySettings settings;
    private final LongSupplier nanoTime;
    private final UpstreamKind upstreamKind;
    private final RelayTotals totals;
    private final RelayEnd end;

    private @Nullable RelayHandler client;
    private @Nullable RelayHandler worker;
    private @Nullable SessionEnding ending;
    private @Nullable ScheduledFuture<?> watch;
    private @Nullable ScheduledFuture<?> closeLimit;
    private @Nullable SessionId session;
    private boolean goodbyeWaits;
    private final long beganNanos;

    /// When the client last said something of its own accord.
    private volatile long lastCallNanos;

    private RelayTraffic counted = RelayTraffic.NONE;

    Relay(
            EventLoop loop,
            RelaySettings settings,
            LongSupplier nanoTime,
            UpstreamKind upstreamKind,
            RelayTotals totals) {
        this.totals = totals;
        this.loop = loop;
        this.end = new RelayEnd();
        this.settings = settings;
        this.nanoTime = nanoTime;
        this.upstreamKind = upstreamKind;
        this.beganNanos = nanoTime.getAsLong();
        this.lastCallNanos = beganNanos;
    }

    /// How long ago the client sent the last part of a message. What the worker sends does not count, since
    /// a page may talk for ever; nor do pings and pongs, which libraries send by themselves.
    Duration sinceLastCall() {
        return Duration.ofNanos(nanoTime.getAsLong() - lastCallNanos);
    }

    /// The client has sent a part of a message.
    void called(long nowNanos) {
        lastCallNanos = nowNanos;
    }

    /// Waits until the far side's connection is closed; the client may still be reading our last words
    /// then. Called by one thread. Interruption ends the session.
    public RelayResult await() throws InterruptedException {
        return end.await(() -> end(SessionEnding.of(Cause.CLIENT_LOST)));
    }

    /// Ends the session with a close frame to both sides, unless something else has ended it already.
    public void end(SessionEnding why) {
        loop.execute(() -> endOnLoop(why));
    }

    void begin(InboundConnection from, OutboundConnection to, List<HttpHeader> headers) {
        session = from.id();
        if (!to.channel().isActive()) {
            // Its handlers have gone with it, so that nothing can be joined; the client has its connection still.
            from.answer(RefusalResponses.answer(new Refusal.NoSlot(NoSlotReason.UNREACHABLE)));
            ending = upstreamKind.lost();
            finish();
            return;
        }
        var clientChannel = from.handOverToRelay();
        if (clientChannel == null) {
            ending = SessionEnding.of(Cause.CLIENT_LOST);
            to.channel().close();
            finish();
            return;
        }
        try {
            join(clientChannel, to, headers);
        } catch (RuntimeException | OutOfMemoryError e) {
            // Nobody else would: the event loop knows of no session.
            clientChannel.close();
            to.channel().close();
            broke(e);
            finish();
        }
    }

    private void join(Channel clientChannel, OutboundConnection to, List<HttpHeader> headers) {
        var workerChannel = to.channel();
        var extended = to.answer().header("Sec-WebSocket-Extensions").isPresent();
        client = new RelayHandler(this, clientChannel, true, extended, nanoTime);
        worker = new RelayHandler(this, workerChannel, false, extended, nanoTime);
        client.join(worker);
        worker.join(client);
        worker.onLongLife(to::tuneForLongLife);
        clientChannel.write(
                ByteBufUtil.writeAscii(clientChannel.alloc(), to.answer().toClientText(headers)),
                clientChannel.voidPromise());
        clientChannel.pipeline().replace(ConnectionPipeline.WAITING, ConnectionPipeline.RELAY, client);
        workerChannel.pipeline().replace(ConnectionPipeline.HEAD, ConnectionPipeline.RELAY, worker);
        clientChannel.flush();
        workerChannel.config().setAutoRead(true);
        var checkMillis = Math.clamp(settings.pingInterval().toMillis() / CHECKS_PER_INTERVAL, 1, LONGEST_CHECK_MILLIS);
        watch = loop.scheduleWithFixedDelay(this::checkOrBreak, checkMillis, checkMillis, TimeUnit.MILLISECONDS);
        if (ending != null) {
            closeBoth(ending);
        } else if (!workerChannel.isActive()) {
            lost(worker);
        }
    }

    /// The loop would drop a check that threw, and say nothing.
    private void checkOrBreak() {
        try {
            check();
        } catch (RuntimeException e) {
            broke(e);
        }
    }

    /// A side sent its close frame, which is on its way to the other.
    void closing(RelayHandler side) {
        assert loop.inEventLoop();
        if (ending == null) {
            var cause = side.isClient() ? Cause.CLIENT_CLOSED : Cause.WORKER_CLOSED;
            side.tracker().close().ifPresent(close -> ending = SessionEnding.of(cause, close));
            closeLimit = loop.schedule(this::closeHandshakeTimedOut, CLOSE_HANDSHAKE_SECONDS, TimeUnit.SECONDS);
        }
    }

    /// Whether a close frame is not handed on, because something else than what it says has ended the
    /// session.
    boolean isHoldingBack(RelayHandler side, SessionEnding.Close close) {
        return ending == null && !side.isClient() && upstreamKind.isWrongFor(close);
    }

    /// The far side has gone, and has not said why.
    void closedWithoutCloseFrame() {
        endOnLoop(upstreamKind.lost());
    }

    private void closeHandshakeTimedOut() {
        if (client != null && worker != null) {
            client.channel().close();
            worker.channel().close();
        }
    }

    /// A side's connection is gone.
    void lost(RelayHandler side) {
        assert loop.inEventLoop();
        if (ending == null) {
            ending = side.isClient() ? SessionEnding.of(Cause.CLIENT_LOST) : upstreamKind.lost();
        }
        finishWhenWorkerClosed();
        sendCloseFrames(side.peer(), ending);
    }

    /// A side broke the rules of WebSocket; nothing that it says can be understood any more.
    void violated() {
        endOnLoop(SessionEnding.of(Cause.PROTOCOL_ERROR));
    }

    private void endOnLoop(SessionEnding why) {
        if (ending == null) {
            ending = why;
            if (betweenFrames()) {
                closeBoth(why);
            } else {
                goodbyeWaits = true;
                loop.schedule(() -> closeBoth(why), FRAME_END_MILLIS, TimeUnit.MILLISECONDS);
            }
        }
    }

    /// Something of ours failed. The session dies, and nothing else.
    void broke(Throwable cause) {
        LOG.atError()
                .addKeyValue("code", "SESSION_FAILED")
                .addKeyValue("sessionId", session)
                .setCause(cause)
                .log("A relay failed in a way that it must not; its session alone ends");
        if (ending == null) {
            ending = SessionEnding.of(Cause.INTERNAL_ERROR);
        }
        closeBoth(ending);
    }

    private boolean betweenFrames() {
        return client == null || worker == null || (client.mayInject() && worker.mayInject());
    }

    /// A read is complete: a goodbye that waits for the end of a frame may be said now.
    void readComplete() {
        if (goodbyeWaits && ending != null && betweenFrames()) {
            goodbyeWaits = false;
            closeBoth(ending);
        }
    }

    private void closeBoth(SessionEnding why) {
        if (client != null && worker != null) {
            sendCloseFrames(client, why);
            sendCloseFrames(worker, why);
        }
    }

    private void sendCloseFrames(RelayHandler side, SessionEnding why) {
        var channel = side.channel();
        if (!channel.isActive() || ConnectionPipeline.isClosing(channel)) {
            return;
        }
        var said = side.peer().tracker().close().isPresent();
        if (said || why.close().isEmpty()) {
            ConnectionPipeline.close(channel);
        } else if (side.mayInject()) {
            ConnectionPipeline.close(
                    channel,
                    memory -> ControlFrames.close(
                            memory, !side.isClient(), why.close().get()));
        } else {
            channel.close();
        }
        channel.closeFuture().addListener(_ -> finishWhenWorkerClosed());
    }

    /// Before the client hears of it: a slot is free by the time at which anybody could ask for it again.
    private void finishWhenWorkerClosed() {
        if (worker != null && !worker.channel().isActive()) {
            finish();
        }
    }

    private void check() {
        if (ending != null || client == null || worker == null) {
            return;
        }
        worker.tuneForLongLife();
        count();
        var now = nanoTime.getAsLong();
        var ping = settings.pingInterval().toNanos();
        var timeout = settings.peerTimeout().toNanos();
        client.pingAfter(ping, now);
        worker.pingAfter(ping, now);
        if (client.timedOut(timeout, timeout - ping, now) || worker.timedOut(timeout, timeout - ping, now)) {
            endOnLoop(SessionEnding.of(Cause.PEER_TIMED_OUT));
        } else if (client.stalled(settings.writeTimeout().toNanos(), now)
                || worker.stalled(settings.writeTimeout().toNanos(), now)) {
            endOnLoop(SessionEnding.of(Cause.WRITE_STALLED));
        } else if (isOver(settings.sessionTimeout(), now - beganNanos)) {
            endOnLoop(SessionEnding.of(Cause.TIME_LIMIT));
        } else if (isOver(settings.idleTimeout(), now - lastCallNanos)) {
            endOnLoop(SessionEnding.of(Cause.IDLE_LIMIT));
        }
    }

    private static boolean isOver(Optional<Duration> limit, long nanos) {
        return limit.filter(most -> nanos >= most.toNanos()).isPresent();
    }

    private void finish() {
        if (watch != null) {
            watch.cancel(false);
        }
        if (closeLimit != null) {
            // The client that is left has Linger's limit; this one would hold what the session held, for 5 s.
            closeLimit.cancel(false);
        }
        count();
        if (!end.isOver()) {
            var relayResult =
                    new RelayResult(ending == null ? SessionEnding.of(Cause.INTERNAL_ERROR) : ending, counted);
            end.over(relayResult);
        }
    }

    private void count() {
        var now = traffic();
        totals.add(now, counted);
        counted = now;
    }

    private RelayTraffic traffic() {
        return client == null || worker == null
                ? RelayTraffic.NONE
                : new RelayTraffic(
                        client.bytes(),
                        worker.bytes(),
                        client.tracker().messages(),
                        worker.tracker().messages());
    }

    /// What a session moved.
    public record RelayTraffic(
            long bytesFromClient, long bytesFromWorker, long messagesFromClient, long messagesFromWorker) {
        static final RelayTraffic NONE = new RelayTraffic(0, 0, 0, 0);
    }

    /// The end of a relay: told once, and waited for by one thread. That one parks here and not in a
    /// future, since what is on its stack is kept for as long as the session lasts.
    static final class RelayEnd {
        /// Written before the thread that waits is woken.
        private volatile @Nullable RelayResult over;

        private volatile @Nullable Thread waiter;

        /// Whether it was told. By the thread that tells it, later ones would be too late.
        boolean isOver() {
            return over != null;
        }

        /// Tells it. By one thread, once.
        void over(RelayResult relayResult) {
            over = relayResult;
            LockSupport.unpark(waiter);
        }

        /// Waits until it is told.
        ///
        /// @param interrupted ends the relay, for nobody waits for it any more
        RelayResult await(Runnable interrupted) throws InterruptedException {
            waiter = Thread.currentThread();
            var relayResult = over;
            while (relayResult == null) {
                if (Thread.interrupted()) {
                    interrupted.run();
                    throw new InterruptedException();
                }
                LockSupport.park(this);
                relayResult = over;
            }
            return relayResult;
        }
    }

    /// A relay that is over.
    public record RelayResult(SessionEnding ending, RelayTraffic traffic) {}
}
