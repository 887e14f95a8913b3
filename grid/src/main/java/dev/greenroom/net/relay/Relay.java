package dev.greenroom.net.relay;

import dev.greenroom.config.ProxySections.RelaySettings;
import dev.greenroom.net.http.HttpHeader;
import dev.greenroom.net.relay.RelayStarter.ControlFrameUse;
import dev.greenroom.net.relay.RelayStarter.RelayTotals;
import dev.greenroom.net.relay.RelayStarter.SharedActivity;
import dev.greenroom.net.relay.RelayStarter.UpstreamKind;
import dev.greenroom.net.server.ConnectionPipeline;
import dev.greenroom.net.server.InboundConnection;
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
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Relays the bytes of one session until it ends. All state belongs to the session's event loop; public
/// methods may be called on any thread.
public final class Relay {
    private static final Logger LOG = LoggerFactory.getLogger(Relay.class);
    private static final long CLOSE_HANDSHAKE_SECONDS = 5;
    private static final int CHECKS_PER_INTERVAL = 4;
    private static final long LONGEST_CHECK_MILLIS = 5_000;

    /// How long a lost upstream connection waits for the reason.
    private static final long EXPLANATION_MILLIS = 500;

    /// How long our close frame waits for the end of the current frame.
    private static final long FRAME_END_MILLIS = 1_000;

    private final EventLoop loop;
    private final RelaySettings settings;
    private final LongSupplier nanoTime;
    private final UpstreamKind kind;
    private final RelayTotals totals;
    private final RelayEnd end;
    private final ControlFrameUse controlFrames;
    private final SharedActivity activity;

    private @Nullable RelayHandler client;
    private @Nullable RelayHandler worker;
    private @Nullable SessionEnding ending;
    private @Nullable ScheduledFuture<?> watch;
    private @Nullable ScheduledFuture<?> closeLimit;
    private @Nullable SessionId session;
    private boolean closeFramePending;
    private final long beganNanos;

    private boolean asksWhetherWaiting;
    private volatile @Nullable ClientWait clientWait;

    private RelayTraffic counted = RelayTraffic.NONE;

    /// Says whether a client that sends nothing waits for the answer to a call.
    @FunctionalInterface
    public interface ClientWait {
        /// Asks; must not block. Fails when nobody knows.
        CompletionStage<Boolean> ask();
    }

    Relay(
            EventLoop loop,
            RelaySettings settings,
            LongSupplier nanoTime,
            UpstreamKind kind,
            RelayTotals totals,
            ControlFrameUse controlFrames,
            SharedActivity activity) {
        this.activity = activity;
        this.controlFrames = controlFrames;
        this.totals = totals;
        this.loop = loop;
        this.end = new RelayEnd();
        this.settings = settings;
        this.nanoTime = nanoTime;
        this.kind = kind;
        this.beganNanos = nanoTime.getAsLong();
        activity.called(beganNanos);
    }

    /// Time since the client sent the last part of a message. The worker's messages do not count, because
    /// a page may send events for ever; nor do pings and pongs, which libraries send by themselves.
    Duration sinceLastCall() {
        return activity.since(nanoTime.getAsLong());
    }

    /// Records that the client has sent a part of a message.
    void called(long nowNanos) {
        activity.called(nowNanos);
    }

    /// Spares this session where it would end as idle, while its client waits for the answer to a call.
    public void spareWhile(ClientWait waits) {
        clientWait = waits;
    }

    /// Waits until the upstream connection is closed; the client may still be reading the last bytes.
    /// Called by one thread. An interrupt ends the session.
    public RelayResult await() throws InterruptedException {
        return end.await(() -> end(SessionEnding.of(Cause.CLIENT_LOST)));
    }

    /// Ends the session with a close frame to both sides. The first ending wins.
    public void end(SessionEnding why) {
        loop.execute(() -> endOnLoop(why));
    }

    void begin(InboundConnection from, OutboundConnection to, List<HttpHeader> headers) {
        session = from.id();
        if (!to.channel().isActive()) {
            // The upstream has disconnected; the client still waits for its response.
            from.answer(RefusalResponses.answer(new Refusal.NoSlot(NoSlotReason.UNREACHABLE)));
            ending = kind.lost();
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
            // Nothing else would close them.
            clientChannel.close();
            to.channel().close();
            failed(e);
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
        worker.afterFirstCheck(to::tuneForLongLife);
        clientChannel.write(
                ByteBufUtil.writeAscii(clientChannel.alloc(), to.answer().toClientText(headers)),
                clientChannel.voidPromise());
        clientChannel.pipeline().replace(ConnectionPipeline.WAITING, ConnectionPipeline.RELAY, client);
        workerChannel.pipeline().replace(ConnectionPipeline.HEAD, ConnectionPipeline.RELAY, worker);
        clientChannel.flush();
        workerChannel.config().setAutoRead(true);
        var checkMillis = Math.clamp(settings.pingInterval().toMillis() / CHECKS_PER_INTERVAL, 1, LONGEST_CHECK_MILLIS);
        watch = loop.scheduleWithFixedDelay(this::checkSafely, checkMillis, checkMillis, TimeUnit.MILLISECONDS);
        if (ending != null) {
            closeBoth(ending);
        } else if (!workerChannel.isActive()) {
            lost(worker);
        }
    }

    /// The event loop would silently drop a periodic check that throws.
    private void checkSafely() {
        try {
            check();
        } catch (RuntimeException e) {
            failed(e);
        }
    }

    /// One side has sent its close frame, which is being relayed to the other.
    void closing(RelayHandler side) {
        assert loop.inEventLoop();
        if (ending == null) {
            side.tracker()
                    .close()
                    .ifPresent(close -> ending =
                            side.isClient() ? SessionEnding.of(Cause.CLIENT_CLOSED, close) : kind.closed(close));
            closeLimit = loop.schedule(this::closeHandshakeTimedOut, CLOSE_HANDSHAKE_SECONDS, TimeUnit.SECONDS);
        }
    }

    /// Whether a close frame must not be relayed, because it does not say why the session ended.
    boolean isMisleading(RelayHandler side, SessionEnding.Close close) {
        return ending == null && !side.isClient() && kind.isMisleading(close);
    }

    /// Whether the close frames of one side must not be relayed, because the other one knows none.
    boolean isKept(RelayHandler side) {
        return controlFrames == ControlFrameUse.NONE_TO_CLIENT && !side.isClient();
    }

    /// The upstream has sent a close frame that is not relayed.
    void closedForItself(SessionEnding.Close close) {
        endOnLoop(kind.closed(close));
    }

    /// The upstream has closed without saying why.
    void closedWithoutCloseFrame() {
        endOnLoop(kind.lost());
    }

    private void closeHandshakeTimedOut() {
        if (client != null && worker != null) {
            client.channel().close();
            worker.channel().close();
        }
    }

    /// One side has disconnected.
    void lost(RelayHandler side) {
        assert loop.inEventLoop();
        if (ending == null && !side.isClient() && kind.isExplainedLater()) {
            loop.schedule(() -> lostFor(side), EXPLANATION_MILLIS, TimeUnit.MILLISECONDS);
        } else {
            lostFor(side);
        }
    }

    private void lostFor(RelayHandler side) {
        if (ending == null) {
            ending = side.isClient() ? SessionEnding.of(Cause.CLIENT_LOST) : kind.lost();
        }
        finishWhenWorkerClosed();
        sendCloseFrames(side.peer(), ending);
    }

    /// One side has violated the WebSocket protocol; its stream cannot be interpreted any more.
    void violated() {
        endOnLoop(SessionEnding.of(Cause.PROTOCOL_ERROR));
    }

    private void endOnLoop(SessionEnding why) {
        if (ending == null) {
            ending = why;
            if (worker != null && !worker.channel().isActive()) {
                lostFor(worker);
            } else if (betweenFrames()) {
                closeBoth(why);
            } else {
                closeFramePending = true;
                loop.schedule(() -> closeBoth(why), FRAME_END_MILLIS, TimeUnit.MILLISECONDS);
            }
        }
    }

    /// Ends this session, and no other, after an unexpected error.
    void failed(Throwable cause) {
        LOG.atError()
                .addKeyValue("code", "SESSION_FAILED")
                .addKeyValue("sessionId", session)
                .setCause(cause)
                .log("Relay failed unexpectedly; its session ends");
        if (ending == null) {
            ending = SessionEnding.of(Cause.INTERNAL_ERROR);
        }
        closeBoth(ending);
    }

    private boolean betweenFrames() {
        return client == null || worker == null || (client.mayInject() && worker.mayInject());
    }

    /// A read is complete: sends the close frame that waits for the end of a frame, if it may be sent
    /// now.
    void readComplete() {
        if (closeFramePending && ending != null && betweenFrames()) {
            closeFramePending = false;
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
        var closeSent = side.peer().tracker().close().isPresent();
        var takesNone = side.isClient() && controlFrames == ControlFrameUse.NONE_TO_CLIENT;
        if (closeSent || takesNone || why.close().isEmpty()) {
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

    /// Finishes before the client is told, so that its slot is free by the time it could connect again.
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
        if (controlFrames == ControlFrameUse.ALL) {
            client.pingAfter(ping, now);
            worker.pingAfter(ping, now);
        }
        if (client.timedOut(timeout, timeout - ping, now) || worker.timedOut(timeout, timeout - ping, now)) {
            endOnLoop(SessionEnding.of(Cause.PEER_TIMED_OUT));
        } else if (client.stalled(settings.writeTimeout().toNanos(), now)
                || worker.stalled(settings.writeTimeout().toNanos(), now)) {
            endOnLoop(SessionEnding.of(Cause.WRITE_STALLED));
        } else if (isOver(settings.sessionTimeout(), now - beganNanos)) {
            endOnLoop(SessionEnding.of(Cause.TIME_LIMIT));
        } else if (activity.isOver(now)) {
            endUnlessWaiting();
        }
    }

    private void endUnlessWaiting() {
        var waits = clientWait;
        if (waits == null) {
            endOnLoop(SessionEnding.of(Cause.IDLE_LIMIT));
        } else if (!asksWhetherWaiting) {
            asksWhetherWaiting = true;
            var _ = waits.ask().whenComplete((waiting, _) -> loop.execute(() -> toldWhetherWaiting(waiting)));
        }
    }

    private void toldWhetherWaiting(@Nullable Boolean waiting) {
        asksWhetherWaiting = false;
        var now = nanoTime.getAsLong();
        if (Boolean.TRUE.equals(waiting)) {
            activity.waited(now);
        } else if (activity.isOver(now)) {
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
            // The client's connection has its own limit while it lingers; this task would keep the session in memory
            // for 5 s.
            closeLimit.cancel(false);
        }
        count();
        if (!end.isComplete()) {
            var relayResult =
                    new RelayResult(ending == null ? SessionEnding.of(Cause.INTERNAL_ERROR) : ending, counted);
            end.complete(relayResult);
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

    /// The traffic of a session.
    public record RelayTraffic(
            long bytesFromClient, long bytesFromWorker, long messagesFromClient, long messagesFromWorker) {
        static final RelayTraffic NONE = new RelayTraffic(0, 0, 0, 0);
    }

    /// The result of a relay, set once and awaited by one thread. That thread parks here and not in a
    /// future, because its stack is kept in memory for as long as the session lasts.
    static final class RelayEnd {
        /// Set before the waiting thread is unparked.
        private volatile @Nullable RelayResult result;

        private volatile @Nullable Thread waiter;

        /// Whether the result is set. Called by the thread that sets it.
        boolean isComplete() {
            return result != null;
        }

        /// Sets the result. Called once.
        void complete(RelayResult relayResult) {
            result = relayResult;
            LockSupport.unpark(waiter);
        }

        /// Waits for the result.
        ///
        /// @param interrupted called on an interrupt, to end the relay
        RelayResult await(Runnable interrupted) throws InterruptedException {
            waiter = Thread.currentThread();
            var relayResult = result;
            while (relayResult == null) {
                if (Thread.interrupted()) {
                    interrupted.run();
                    throw new InterruptedException();
                }
                LockSupport.park(this);
                relayResult = result;
            }
            return relayResult;
        }
    }

    /// How a relay ended, and its traffic.
    public record RelayResult(SessionEnding ending, RelayTraffic traffic) {}
}
