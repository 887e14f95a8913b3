package dev.greenroom.wire;

import io.netty.channel.Channel;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/// One attempt to reach a peer: decided once, by whichever comes first.
final class Dialling {
    private final CompletableFuture<Dialled> outcome = new CompletableFuture<>();
    private final CompletableFuture<Void> signOfLife = new CompletableFuture<>();
    private volatile @Nullable Channel channel;
    private volatile long reachedNanos;

    void over(Channel dialled) {
        channel = dialled;
    }

    /// There is a connection; the handshake begins.
    void reached() {
        reachedNanos = System.nanoTime();
    }

    void upgraded(ResponseHead answer) {
        var dialled = channel;
        var handshakeNanos = System.nanoTime() - reachedNanos;
        if (dialled == null
                || !outcome.complete(new Dialled.Upgraded(new OutboundConnection(dialled, answer, handshakeNanos)))) {
            abandon();
        }
    }

    void answered(ResponseHead head, String body) {
        outcome.complete(new Dialled.Answered(head, body));
    }

    void failed(String why) {
        outcome.complete(new Dialled.Failed(why));
    }

    /// The peer is there, and is preparing its answer.
    void preparing() {
        signOfLife.complete(null);
    }

    /// Waits for the outcome; one that never comes, or that nobody waits for any more, leaves no connection behind.
    ///
    /// @param signMillis until the peer must have answered or at least be preparing its answer
    /// @param answerMillis until it must have answered
    Dialled await(long signMillis, long answerMillis) throws InterruptedException {
        var began = System.nanoTime();
        try {
            CompletableFuture.anyOf(outcome, signOfLife).get(signMillis, TimeUnit.MILLISECONDS);
            var left = TimeUnit.MILLISECONDS.toNanos(answerMillis) - (System.nanoTime() - began);
            return outcome.get(left, TimeUnit.NANOSECONDS);
        } catch (TimeoutException _) {
            outcome.complete(signOfLife.isDone() ? new Dialled.Preparing() : silence(signMillis));
            return closedUnlessUpgraded(outcome.join());
        } catch (InterruptedException e) {
            failed("nobody waits any more");
            abandon();
            throw e;
        } catch (ExecutionException e) {
            throw new IllegalStateException("a dialling is never completed with an exception", e);
        }
    }

    private static Dialled silence(long millis) {
        return new Dialled.Failed("it was silent for " + millis + " ms");
    }

    private Dialled closedUnlessUpgraded(Dialled dialled) {
        if (!(dialled instanceof Dialled.Upgraded)) {
            abandon();
        }
        return dialled;
    }

    private void abandon() {
        var dialled = channel;
        if (dialled != null) {
            dialled.close();
        }
    }
}
