package dev.greenroom.registry.redis;

import dev.greenroom.registry.Registry.RegistryUnavailableException;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/// Sends requests for a slot, or for a place in the queue, to Redis in batches. The first request is sent at
/// once; those that arrive until its reply are sent together in the next call, at most 32. So no request
/// waits to be batched, and many requests at once cost less each. Full batches are sent without waiting for
/// earlier replies. Safe for use by many threads.
///
/// A request whose caller stopped waiting may be granted all the same, like one whose reply was lost.
final class AcquireBatcher {
    private static final int MAX_BATCH = 32;

    /// Calls in flight at the same time.
    private static final int MAX_CALLS = 8;

    /// How long a request waits to be sent, and for its reply. Only with very many requests is this longer
    /// than one call may take: when Redis does not answer a call, later ones fail at once.
    private static final Duration DEADLINE = Duration.ofSeconds(2);

    private final GridScripts scripts;
    private final RedisScript script;

    /// Requests that are not sent yet; guarded by this, as is the number of calls in flight.
    private final Deque<PendingRequest> waiting = new ArrayDeque<>();

    private int callsInFlight;

    /// @param script returns one reply for each request of a call, in order; a request with the reply
    ///     `again` is sent once more
    AcquireBatcher(GridScripts scripts, RedisScript script) {
        this.scripts = scripts;
        this.script = script;
    }

    private record PendingRequest(List<String> arguments, CompletableFuture<List<Object>> reply) {}

    /// Sends a request and waits for its reply.
    ///
    /// @param arguments of the script, for this request
    /// @return the reply to this request
    /// @throws RegistryUnavailableException without a reply in time, or with an error as the reply
    List<Object> ask(List<String> arguments) {
        var request = new PendingRequest(arguments, new CompletableFuture<>());
        synchronized (this) {
            waiting.addLast(request);
        }
        sendPending();
        try {
            return request.reply().get(DEADLINE.toMillis(), TimeUnit.MILLISECONDS);
        } catch (ExecutionException e) {
            var cause = e.getCause() == null ? e : e.getCause();
            throw new RegistryUnavailableException(String.valueOf(cause.getMessage()), cause);
        } catch (TimeoutException e) {
            throw new RegistryUnavailableException(
                    script + ": Redis is overloaded and did not answer within " + DEADLINE.toMillis() + " ms", e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new RegistryUnavailableException(script + ": the wait for Redis was interrupted", e);
        } finally {
            request.reply().cancel(false);
        }
    }

    /// No thread waits for the replies, and an interrupted caller does not end the call of others. A reply
    /// arrives on a thread of the connection, which sends the next call and then wakes the callers.
    private void sendPending() {
        for (var batch = nextBatch(); !batch.isEmpty(); batch = nextBatch()) {
            var sent = batch;
            var arguments = sent.stream().map(PendingRequest::arguments).flatMap(Collection::stream);
            var completion = scripts.send(script, arguments)
                    .thenApply(replies -> replied(sent, replies))
                    .exceptionally(failure -> failed(sent, failure));
            if (completion.isDone()) {
                callEnded();
                completion.join().run();
            } else {
                completion.thenAccept(this::finished);
            }
        }
    }

    private void finished(Runnable completion) {
        callEnded();
        sendPending();
        completion.run();
    }

    private synchronized void callEnded() {
        callsInFlight--;
    }

    /// The requests of the next call, without those whose callers stopped waiting; empty while none should be
    /// sent.
    private synchronized List<PendingRequest> nextBatch() {
        List<PendingRequest> batch = new ArrayList<>();
        if (callsInFlight > 0 && (waiting.size() < MAX_BATCH || callsInFlight == MAX_CALLS)) {
            return batch;
        }
        while (batch.size() < MAX_BATCH && !waiting.isEmpty()) {
            var request = waiting.removeFirst();
            if (!request.reply().isDone()) {
                batch.add(request);
            }
        }
        callsInFlight += batch.isEmpty() ? 0 : 1;
        return batch;
    }

    /// Puts requests back that have to be sent again; from the last one on, so that they keep their order.
    ///
    /// @return completes the others
    private synchronized Runnable replied(List<PendingRequest> batch, List<Object> replies) {
        List<Runnable> completions = new ArrayList<>(batch.size());
        for (var n = batch.size() - 1; n >= 0; n--) {
            var request = batch.get(n);
            var reply = ScriptReplies.list(replies, n);
            if (ScriptReplies.word(reply, 0).equals("again")) {
                waiting.addFirst(request);
            } else {
                completions.add(() -> request.reply().complete(reply));
            }
        }
        return () -> completions.forEach(Runnable::run);
    }

    private static Runnable failed(List<PendingRequest> batch, Throwable failure) {
        return () -> batch.forEach(request -> request.reply().completeExceptionally(failure));
    }
}
