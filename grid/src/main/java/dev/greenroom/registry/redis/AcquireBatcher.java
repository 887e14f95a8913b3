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

/// Takes wishes to Redis, for a slot or for a place in line: the first one at once, and those that come
/// while it is on its way together with the next call, 32 at most. So nobody waits for company, and the
/// more is asked the less each wish costs. When a crowd comes at once, whole calls follow each other
/// without waiting for answers. Safe for many threads.
///
/// A wish whose caller stopped waiting may be granted all the same, like one whose reply was lost.
final class AcquireBatcher {
    private static final int TOGETHER = 32;

    /// Calls on their way at the same time. Redis answers them one after the other, each within its
    /// deadline.
    private static final int MOST_CALLS = 8;

    /// How long a wish waits for a call of its own and the answer. Only a crowd has to wait for longer than
    /// one call may take: when Redis does not answer a call, those who wait for the next one are told at
    /// once.
    private static final Duration LONGEST = Duration.ofSeconds(2);

    private final GridScripts gridScripts;
    private final RedisScript redisScript;

    /// Those who wait for a call, and how many calls are on their way; under the lock of this object.
    private final Deque<Wish> waiting = new ArrayDeque<>();

    private int calls;

    /// @param redisScript answers each wish of a call, in their order; a wish that it answers with `again`
    ///     goes with another
    AcquireBatcher(GridScripts gridScripts, RedisScript redisScript) {
        this.gridScripts = gridScripts;
        this.redisScript = redisScript;
    }

    private record Wish(List<String> arguments, CompletableFuture<List<Object>> answer) {}

    /// Asks and waits for the answer.
    ///
    /// @param arguments of the script, for this wish
    /// @return what the script says of it
    /// @throws RegistryUnavailableException without an answer in time, or for one that is an error
    List<Object> ask(List<String> arguments) {
        var wish = new Wish(arguments, new CompletableFuture<>());
        synchronized (this) {
            waiting.addLast(wish);
        }
        sendPending();
        try {
            return wish.answer().get(LONGEST.toMillis(), TimeUnit.MILLISECONDS);
        } catch (ExecutionException e) {
            var cause = e.getCause() == null ? e : e.getCause();
            throw new RegistryUnavailableException(String.valueOf(cause.getMessage()), cause);
        } catch (TimeoutException e) {
            throw new RegistryUnavailableException(
                    redisScript + ": Redis did not answer all who ask within " + LONGEST.toMillis() + " ms", e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new RegistryUnavailableException(redisScript + ": the wait for Redis was interrupted", e);
        } finally {
            wish.answer().cancel(false);
        }
    }

    /// No thread waits for the answers, and no caller that is interrupted ends the call of others. An
    /// answer comes on the thread of the connection: it sends the next call, and wakes those who have their
    /// answers.
    private void sendPending() {
        for (var together = next(); !together.isEmpty(); together = next()) {
            var gone = together;
            var arguments = gone.stream().map(Wish::arguments).flatMap(Collection::stream);
            var tell = gridScripts
                    .send(redisScript, arguments)
                    .thenApply(answers -> sorted(gone, answers))
                    .exceptionally(failure -> failed(gone, failure));
            if (tell.isDone()) {
                callEnded();
                tell.join().run();
            } else {
                tell.thenAccept(this::answered);
            }
        }
    }

    private void answered(Runnable tell) {
        callEnded();
        sendPending();
        tell.run();
    }

    private synchronized void callEnded() {
        calls--;
    }

    /// Those who go together now, without those who stopped waiting; nobody while they had better wait.
    private synchronized List<Wish> next() {
        List<Wish> together = new ArrayList<>();
        if (calls > 0 && (waiting.size() < TOGETHER || calls == MOST_CALLS)) {
            return together;
        }
        while (together.size() < TOGETHER && !waiting.isEmpty()) {
            var wish = waiting.removeFirst();
            if (!wish.answer().isDone()) {
                together.add(wish);
            }
        }
        calls += together.isEmpty() ? 0 : 1;
        return together;
    }

    /// Puts those back who have to come again, from the last one on, so that they keep their order.
    ///
    /// @return tells the others
    private synchronized Runnable sorted(List<Wish> together, List<Object> answers) {
        List<Runnable> told = new ArrayList<>(together.size());
        for (var n = together.size() - 1; n >= 0; n--) {
            var wish = together.get(n);
            var answer = ScriptReplies.list(answers, n);
            if (ScriptReplies.word(answer, 0).equals("again")) {
                waiting.addFirst(wish);
            } else {
                told.add(() -> wish.answer().complete(answer));
            }
        }
        return () -> told.forEach(Runnable::run);
    }

    private static Runnable failed(List<Wish> together, Throwable failure) {
        return () -> together.forEach(wish -> wish.answer().completeExceptionally(failure));
    }
}
