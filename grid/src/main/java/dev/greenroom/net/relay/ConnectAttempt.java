package dev.greenroom.net.relay;

import dev.greenroom.net.http.ResponseHead;
import dev.greenroom.net.relay.Dialer.ConnectResult;
import io.netty.channel.Channel;
import io.netty.channel.EventLoop;
import io.netty.util.concurrent.ScheduledFuture;
import java.time.Duration;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/// One attempt to connect to a peer. The first result wins. Created by the thread that waits for it. That
/// thread parks here and not in a future, because a virtual thread keeps memory for its deepest stack.
final class ConnectAttempt {
    private final Thread waiter = Thread.currentThread();
    private final EventLoop loop;
    private final AtomicReference<@Nullable ConnectResult> outcome = new AtomicReference<>();
    private volatile boolean processing;
    /// This and the next belong to the loop.
    private @Nullable Channel channel;

    private Runnable tuneForLongLife = () -> {};
    private volatile long connectedNanos;
    private volatile @Nullable ScheduledFuture<?> deadline;

    /// @param loop the event loop of the connection
    ConnectAttempt(EventLoop loop) {
        this.loop = loop;
    }

    /// Whether a result is still awaited. An abandoned attempt must not be started.
    boolean isAwaited() {
        return outcome.get() == null;
    }

    /// Sets the channel of the attempt. Called on the loop, before the channel is registered.
    ///
    /// @param longLifeTuning tunes the connection once it has lasted for a while
    void useChannel(Channel opened, Runnable longLifeTuning) {
        channel = opened;
        tuneForLongLife = longLifeTuning;
    }

    /// The connection is established; the handshake begins.
    void connected() {
        connectedNanos = System.nanoTime();
    }

    void upgraded(ResponseHead answer) {
        var current = channel;
        var handshakeNanos = System.nanoTime() - connectedNanos;
        if (current == null
                || !decide(new ConnectResult.Upgraded(
                        new OutboundConnection(current, answer, handshakeNanos, tuneForLongLife)))) {
            abandon();
        }
    }

    void answered(ResponseHead head, String body) {
        decide(new ConnectResult.Answered(head, body));
    }

    void failed(String why) {
        decide(new ConnectResult.Failed(why));
    }

    /// The peer has sent `102 Processing`.
    void processing() {
        processing = true;
    }

    /// @return whether this was the first result
    private boolean decide(ConnectResult result) {
        var first = outcome.compareAndSet(null, result);
        LockSupport.unpark(waiter);
        var limit = deadline;
        if (first && limit != null) {
            limit.cancel(false);
        }
        return first;
    }

    /// Starts the time limits. The loop keeps them and not the waiting thread, whose timed wait would
    /// wake another thread twice. Called on the loop.
    ///
    /// @param firstSign time limit for a response or a `102 Processing`
    /// @param response time limit for the response, at least as long
    void limit(Duration firstSign, Duration response) {
        if (isAwaited()) {
            deadline = loop.schedule(
                    () -> firstLimitReached(firstSign, response), firstSign.toNanos(), TimeUnit.NANOSECONDS);
        }
    }

    private void firstLimitReached(Duration firstSign, Duration response) {
        if (!processing) {
            decide(new ConnectResult.Failed("it was silent for " + firstSign.toMillis() + " ms"));
        } else if (isAwaited()) {
            deadline = loop.schedule(
                    () -> decide(new ConnectResult.StillProcessing()),
                    response.minus(firstSign).toNanos(),
                    TimeUnit.NANOSECONDS);
        }
    }

    /// Waits for the result; [#limit] bounds the wait. An interrupted attempt leaves no connection
    /// behind.
    ConnectResult await() throws InterruptedException {
        var decided = outcome.get();
        while (decided == null) {
            if (Thread.interrupted()) {
                failed("the attempt was abandoned");
                abandon();
                throw new InterruptedException();
            }
            LockSupport.park(this);
            decided = outcome.get();
        }
        return closedUnlessUpgraded(decided);
    }

    private ConnectResult closedUnlessUpgraded(ConnectResult result) {
        if (!(result instanceof ConnectResult.Upgraded)) {
            abandon();
        }
        return result;
    }

    /// Closes the connection on its loop, if there is one.
    private void abandon() {
        try {
            loop.execute(this::hangUp);
        } catch (RejectedExecutionException _) {
            // The loop has ended, and so have its connections.
        }
    }

    private void hangUp() {
        var current = channel;
        if (current != null) {
            current.close();
        }
        if (outcome.get() instanceof ConnectResult.Upgraded(var connection)) {
            connection.close();
        }
    }
}
